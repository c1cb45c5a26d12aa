/* SPDX-License-Identifier: MIT */
#include "daemon/http/transfer_trust.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"

/* libcurl's directory of authorities would be trusted besides any file, and would keep what was
 * read from being shared between connections. */
static CURLcode trust_set_authorities(HttpTransfer *transfer, const char *ca_file)
{
    const curl_version_info_data *built;
    char *copy = NULL;
    CURLcode code;

    if (transfer->has_ca_file_set &&
        (ca_file ? transfer->ca_file && str_equal(ca_file, transfer->ca_file) : !transfer->ca_file))
        return CURLE_OK;
    if (ca_file) {
        copy = strdup(ca_file);
        if (!copy)
            return CURLE_OUT_OF_MEMORY;
    }
    built = curl_version_info(CURLVERSION_NOW);
    code = curl_easy_setopt(transfer->easy, CURLOPT_CAINFO, ca_file ? ca_file : built->cainfo);
    if (code == CURLE_OK)
        code = curl_easy_setopt(transfer->easy, CURLOPT_CAPATH,
                                ca_file || built->cainfo ? NULL : built->capath);
    free(transfer->ca_file);
    transfer->ca_file = copy;
    transfer->has_ca_file_set = code == CURLE_OK;
    return code;
}

static CURLcode trust_set_certificate(HttpTransfer *transfer, const char *cert_file,
                                      const char *key_file)
{
    CURLcode code = CURLE_OK;

    if (cert_file || transfer->has_certificate) {
        code = curl_easy_setopt(transfer->easy, CURLOPT_SSLCERT, cert_file);
        if (code == CURLE_OK)
            code = curl_easy_setopt(transfer->easy, CURLOPT_SSLKEY, key_file);
    }
    transfer->has_certificate = cert_file;
    return code;
}

CURLcode transfer_trust_set(HttpTransfer *transfer, const HttpRequest *request)
{
    CURLcode code = trust_set_authorities(transfer, request->ca_file);

    if (code == CURLE_OK)
        code = trust_set_certificate(transfer, request->cert_file, request->key_file);
    return code;
}
