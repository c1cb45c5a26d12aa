/* SPDX-License-Identifier: MIT */
/* libcurl takes an url apart for each request and writes each part anew, a letter at a time: it is
 * told the parts (CURLOPT_CURLU(3)), which stay while requests go to the same url. */
#include "daemon/http/transfer_url.h"

#include "daemon/base/secure_alloc.h"
#include "daemon/base/str.h"

/* As libcurl reads one itself. NULL: it cannot be read, or there is no memory. */
static CURLU *transfer_url_parts(const char *url)
{
    CURLU *parts = curl_url();

    if (parts && curl_url_set(parts, CURLUPART_URL, url,
                              CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK)
        return parts;
    curl_url_cleanup(parts);
    return NULL;
}

/* Without parts it is left to libcurl, which says what is wrong with it. */
static CURLcode transfer_url_tell(HttpTransfer *transfer, const char *url)
{
    CURLU *before = transfer->url_parts;
    CURLcode code;

    transfer->url_parts = transfer_url_parts(url);
    code = curl_easy_setopt(transfer->easy, CURLOPT_CURLU, transfer->url_parts);
    curl_url_cleanup(before);
    return code == CURLE_OK ? curl_easy_setopt(transfer->easy, CURLOPT_URL, url) : code;
}

CURLcode transfer_url_set(HttpTransfer *transfer, const char *url)
{
    CURLcode code;

    if (transfer->url && str_equal(transfer->url, url))
        return CURLE_OK;
    secure_alloc_free(transfer->url);
    transfer->url = NULL;
    code = transfer_url_tell(transfer, url);
    if (code == CURLE_OK)
        transfer->url = secure_alloc_copy(url);
    return code == CURLE_OK && !transfer->url ? CURLE_OUT_OF_MEMORY : code;
}

void transfer_url_done(HttpTransfer *transfer)
{
    curl_url_cleanup(transfer->url_parts);
    secure_alloc_free(transfer->url);
}
