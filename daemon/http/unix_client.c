/* SPDX-License-Identifier: MIT */
#include "daemon/http/unix_client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/http/client.h"

static size_t unix_client_on_body(char *bytes, size_t one, size_t size, void *userdata)
{
    Buf *body = userdata;

    (void)one;
    if (size > HTTP_BODY_SIZE_MAX - body->size)
        return 0;
    buf_append(body, bytes, size);
    return buf_failed(body) < 0 ? 0 : size;
}

static CURLcode unix_client_set(CURL *easy, const char *socket_path, const UnixRequest *request,
                                const char *url, const struct curl_slist *headers, Buf *ret_body)
{
    CURLcode code = curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket_path);

    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_URL, url);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_PROXY, "");
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    if (code == CURLE_OK && request->body)
        code = curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, unix_client_on_body);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_WRITEDATA, ret_body);
    return code;
}

static int unix_client_fail(CURL *easy, CURLcode code, const char *socket_path, const Buf *body,
                            Err *err)
{
    long error = 0;

    if (code == CURLE_OUT_OF_MEMORY || body->failed)
        return err_memory(err);
    if (code == CURLE_COULDNT_CONNECT)
        curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
    if (error == ENOENT || error == ECONNREFUSED)
        return err_set(err, -(int)error, "no rosterd runs here: nobody listens on %s", socket_path);
    if (error)
        return err_system(err, -(int)error, "the control socket %s", socket_path);
    if (code == CURLE_WRITE_ERROR)
        return err_set(err, -EFBIG, "rosterd's answer is too big");
    return err_set(err, -EIO, "rosterd gave no answer on %s: %s", socket_path,
                   curl_easy_strerror(code));
}

int unix_client_ask(const char *socket_path, const UnixRequest *request, int *ret_status,
                    Buf *ret_body, Err *err)
{
    _cleanup_(buf_done) Buf url = {0};
    struct curl_slist *headers = request->header ? curl_slist_append(NULL, request->header) : NULL;
    CURL *easy = curl_easy_init();
    CURLcode code;
    long status = 0;
    int r = 0;

    buf_printf(&url, "http://rosterd%s", request->target);
    if (!easy || buf_failed(&url) < 0 || (request->header && !headers)) {
        curl_easy_cleanup(easy);
        curl_slist_free_all(headers);
        return err_memory(err);
    }
    code = unix_client_set(easy, socket_path, request, url.data, headers, ret_body);
    if (code == CURLE_OK)
        code = curl_easy_perform(easy);
    if (code == CURLE_OK)
        code = curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK)
        r = unix_client_fail(easy, code, socket_path, ret_body, err);
    else
        *ret_status = (int)status;
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    return r;
}

void unix_client_append_escaped(Buf *buf, const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= 'a' && byte <= 'z') || strchr("-._~", byte);

        if (is_plain)
            buf_putc(buf, *text);
        else
            buf_printf(buf, "%%%02X", byte);
    }
}
