/* SPDX-License-Identifier: MIT */
#include "daemon/http/transfer.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/http/error.h"
#include "daemon/http/proxy_error.h"
#include "daemon/http/transfer_proxy.h"
#include "daemon/http/transfer_trust.h"
#include "daemon/http/transfer_url.h"

/* A TLS record is no longer. The buffer is wiped after each request, which is paid by its size. */
#define RECEIVE_SIZE (16U * 1024U)
/* Likewise, with TLS, and the least that libcurl takes. */
#define SEND_SIZE (16L * 1024L)
#define BODY_KEPT_MAX (512U * 1024U)

/* A replaced ca_file is noticed this soon; within it, connections share what was read. */
#define CA_CACHE_SECONDS 60L

#define DNS_CACHE_SECONDS 60L

static size_t transfer_on_body(char *bytes, size_t one, size_t size, void *userdata)
{
    HttpTransfer *transfer = userdata;

    (void)one;
    if (transfer->on_piece)
        return transfer->on_piece(transfer->userdata, bytes, size) ? size : 0;
    if (size > transfer->body_size_max - transfer->body.size) {
        transfer->body_too_big = true;
        return 0;
    }
    buf_append(&transfer->body, bytes, size);
    if (buf_failed(&transfer->body) < 0) {
        transfer->out_of_memory = true;
        return 0;
    }
    if (transfer->on_body)
        transfer->on_body(transfer->userdata, transfer->body.data, transfer->body.size);
    return size;
}

static bool transfer_is_blank(const char *line, size_t size)
{
    return size > 0 && (line[0] == '\r' || line[0] == '\n');
}

/* Counts, for libcurl keeps the headers (curl_easy_header(3)), older ones without a bound; and
 * looks for the blank line at their end, for libcurl takes headers that break off for whole ones.
 */
static size_t transfer_on_header(char *bytes, size_t one, size_t size, void *userdata)
{
    HttpTransfer *transfer = userdata;

    (void)one;
    if (transfer_is_blank(bytes, size))
        transfer->headers_ended = true;
    else if (size >= 5 && memcmp(bytes, "HTTP/", 5) == 0)
        transfer->headers_ended = false;
    transfer->headers_size += size;
    transfer->header_lines++;
    transfer->headers_too_big = transfer->headers_size > TRANSFER_HEADERS_SIZE_MAX ||
                                transfer->header_lines > TRANSFER_HEADERS_MAX;
    return transfer->headers_too_big ? 0 : size;
}

/* Called each time before a request is sent on a connection. libcurl sends again by itself when a
 * connection that was used before dies without an answer; whether the first went through is not
 * known then, and to send again is not libcurl's to decide. */
static int transfer_on_send(void *userdata, char *remote_ip, char *local_ip, int remote_port,
                            int local_port)
{
    HttpTransfer *transfer = userdata;

    (void)remote_ip;
    (void)local_ip;
    (void)remote_port;
    (void)local_port;
    if (transfer->sends == 0 && transfer->may_send)
        transfer->is_withheld = !transfer->may_send(transfer->userdata);
    if (transfer->is_withheld || transfer->sends++ > 0)
        return CURL_PREREQFUNC_ABORT;
    return CURL_PREREQFUNC_OK;
}

static int transfer_error(CURLcode code)
{
    if (code == CURLE_OK)
        return 0;
    return code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
}

/* Options that are the same for every request. libcurl must add none from the environment or
 * from a file in the home directory. */
static CURLcode transfer_set_fixed(HttpTransfer *transfer)
{
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_NOSIGNAL, 1},
        /* A silent name server must not hold up the loop: its thread is left to end by itself. */
        {CURLOPT_QUICK_EXIT, 1},
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_NETRC, CURL_NETRC_IGNORED},
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
        {CURLOPT_HTTP09_ALLOWED, 0},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
        {CURLOPT_CA_CACHE_TIMEOUT, CA_CACHE_SECONDS},
        /* A proxy gets to know where to, and nothing else of a request. */
        {CURLOPT_HTTPPROXYTUNNEL, 1},
        {CURLOPT_PROXYAUTH, CURLAUTH_BASIC},
        {CURLOPT_HEADEROPT, CURLHEADER_SEPARATE},
        {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
        {CURLOPT_TCP_KEEPALIVE, 1},
        {CURLOPT_TCP_NODELAY, 1},
        {CURLOPT_UPLOAD_BUFFERSIZE, SEND_SIZE},
    };
    CURLcode code = CURLE_OK;

    for (size_t i = 0; i < ELEMENTS(numbers) && code == CURLE_OK; i++)
        code = curl_easy_setopt(transfer->easy, numbers[i].option, numbers[i].value);
    return code == CURLE_OK ? transfer_proxy_none(transfer) : code;
}

static CURLcode transfer_set_callbacks(HttpTransfer *transfer)
{
    CURL *easy = transfer->easy;
    CURLcode code = curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);

    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, transfer_on_body);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, transfer_on_header);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, transfer_on_send);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
    return code;
}

HttpTransfer *transfer_new(void)
{
    _cleanup_(transfer_freep) HttpTransfer *transfer = calloc(1, sizeof(*transfer));

    if (!transfer)
        return NULL;
    transfer->plain_allowed = -1;
    transfer->body.is_secret = true;
    transfer->easy = curl_easy_init();
    if (!transfer->easy || transfer_set_fixed(transfer) != CURLE_OK ||
        transfer_set_callbacks(transfer) != CURLE_OK)
        return NULL;
    return TAKE_PTR(transfer);
}

void transfer_free(HttpTransfer *transfer)
{
    if (!transfer)
        return;
    curl_easy_cleanup(transfer->easy);
    transfer_url_done(transfer);
    buf_done(&transfer->body);
    free(transfer->ca_file);
    free(transfer->proxy);
    free(transfer);
}

static CURLcode transfer_set_target(HttpTransfer *transfer, const HttpRequest *request)
{
    CURLcode code = transfer_url_set(transfer, request->url);

    if (code == CURLE_OK && (request->target || transfer->has_target))
        code = curl_easy_setopt(transfer->easy, CURLOPT_REQUEST_TARGET, request->target);
    transfer->has_target = request->target;
    return code;
}

static CURLcode transfer_set_protocols(HttpTransfer *transfer, bool plain_allowed)
{
    CURLcode code;

    if (transfer->plain_allowed == (int)plain_allowed)
        return CURLE_OK;
    code = curl_easy_setopt(transfer->easy, CURLOPT_PROTOCOLS_STR,
                            plain_allowed ? "http,https" : "https");
    transfer->plain_allowed = code == CURLE_OK ? (int)plain_allowed : -1;
    return code;
}

/* The list's nodes are ours: libcurl only reads them. */
static CURLcode transfer_set_headers(HttpTransfer *transfer, const HttpRequest *request)
{
    /* Without this, libcurl would wait for a 100 before a large body. */
    static char no_expect[] = "Expect:";
    size_t count = 0;

    for (; count < request->header_count; count++) {
        memcpy(&transfer->headers[count].data, &request->headers[count], sizeof(char *));
        transfer->headers[count].next = &transfer->headers[count + 1];
    }
    transfer->headers[count] = (struct curl_slist){.data = no_expect};
    return curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, &transfer->headers[0]);
}

static CURLcode transfer_set_method(HttpTransfer *transfer, const HttpRequest *request)
{
    CURL *easy = transfer->easy;
    CURLcode code;

    if (request->body) {
        code = curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
        if (code == CURLE_OK)
            code =
                curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
    } else
        code = curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    return code;
}

static CURLcode transfer_set_receive_size(HttpTransfer *transfer, size_t receive_size)
{
    size_t size = receive_size ? receive_size : RECEIVE_SIZE;
    CURLcode code;

    if (transfer->receive_size == size)
        return CURLE_OK;
    code = curl_easy_setopt(transfer->easy, CURLOPT_BUFFERSIZE, (long)size);
    transfer->receive_size = code == CURLE_OK ? size : 0;
    return code;
}

static long transfer_msec(uint64_t usec)
{
    uint64_t msec = (usec + USEC_PER_MSEC - 1) / USEC_PER_MSEC;

    return msec > INT32_MAX ? INT32_MAX : (long)msec;
}

static CURLcode transfer_set_bounds(HttpTransfer *transfer, const HttpRequest *request)
{
    CURL *easy = transfer->easy;
    uint64_t age_usec = request->connection_age_max_usec ? request->connection_age_max_usec
                                                         : HTTP_CONNECTION_AGE_MAX_USEC;
    CURLcode code = curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                                     transfer_msec(request->connect_timeout_usec));

    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)request->is_fresh);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT,
                                request->is_fresh ? 0L : DNS_CACHE_SECONDS);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, (long)(age_usec / USEC_PER_SEC));
    transfer->body_size_max = request->body_size_max;
    transfer->connect_timeout_usec = request->connect_timeout_usec;
    transfer->timeout_usec = request->timeout_usec;
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, transfer_msec(request->timeout_usec));
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
                                (curl_off_t)(request->on_piece ? 0 : request->body_size_max));
    return code;
}

int transfer_prepare(HttpTransfer *transfer, const HttpRequest *request)
{
    CURLcode code;

    if (request->header_count > HTTP_HEADERS_MAX ||
        (request->proxy && !str_has_prefix(request->url, "https://")))
        return -EINVAL;
    transfer->on_piece = request->on_piece;
    transfer->on_body = request->on_body;
    transfer->may_send = request->may_send;
    transfer->headers_size = 0;
    transfer->header_lines = 0;
    transfer->sends = 0;
    transfer->is_withheld = false;
    transfer->headers_ended = false;
    transfer->headers_too_big = transfer->body_too_big = transfer->out_of_memory = false;
    transfer->error[0] = transfer->message[0] = '\0';
    buf_reset(&transfer->body);
    code = transfer_set_target(transfer, request);
    if (code == CURLE_OK)
        code = transfer_set_headers(transfer, request);
    if (code == CURLE_OK)
        code = transfer_set_method(transfer, request);
    if (code == CURLE_OK)
        code = transfer_set_bounds(transfer, request);
    if (code == CURLE_OK)
        code = transfer_trust_set(transfer, request);
    if (code == CURLE_OK)
        code = transfer_set_receive_size(transfer, request->receive_size);
    if (code == CURLE_OK)
        code = transfer_set_protocols(transfer, request->plain_allowed);
    if (code == CURLE_OK)
        code = transfer_proxy_set(transfer, request->proxy);
    return transfer_error(code);
}

static bool transfer_is_distrust(CURLcode code)
{
    return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
           code == CURLE_SSL_ISSUER_ERROR || code == CURLE_SSL_INVALIDCERTSTATUS;
}

/* Only before the first send is anything certain. */
static HttpResult transfer_judge(const HttpTransfer *transfer, CURLcode code, long status)
{
    if (code == CURLE_OK)
        return status >= 200 && transfer->headers_ended ? HTTP_ANSWERED : HTTP_LOST;
    if (transfer->is_withheld)
        return HTTP_WITHHELD;
    if (transfer->sends == 0)
        return transfer_is_distrust(code) ? HTTP_UNTRUSTED : HTTP_NOT_SENT;
    if (transfer->headers_too_big || transfer->body_too_big || code == CURLE_FILESIZE_EXCEEDED)
        return HTTP_TOO_BIG;
    return code == CURLE_OPERATION_TIMEDOUT ? HTTP_TIMEOUT : HTTP_LOST;
}

void transfer_conclude(HttpTransfer *transfer, CURLcode code, HttpAnswer *ret_answer)
{
    /* A body over the bound may be announced, and the answer given up, before the headers end. */
    bool has_status = transfer->headers_ended || !transfer->headers_too_big;
    curl_off_t took_usec = 0;
    long status = 0, proxy_status = 0;
    bool is_of_proxy;
    HttpResult result;

    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &took_usec);
    result = transfer_judge(transfer, code, status);
    is_of_proxy = transfer_proxy_has_failed(transfer, result, &proxy_status);
    if (is_of_proxy)
        proxy_error_failure(transfer, (int)proxy_status, code);
    else if (result != HTTP_ANSWERED)
        http_error_failure(transfer, result, code);
    *ret_answer = (HttpAnswer){
        .result = result,
        .status = has_status && !is_of_proxy ? (int)status : 0,
        .is_of_proxy = is_of_proxy,
        .proxy_status = is_of_proxy ? (int)proxy_status : 0,
        .body = buf_text(&transfer->body),
        .body_size = transfer->body.size,
        .message = transfer->message,
        .took_usec = took_usec > 0 ? (uint64_t)took_usec : 0,
        .transfer = transfer,
    };
}

void transfer_clear(HttpTransfer *transfer)
{
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, NULL);
    transfer_proxy_clear(transfer);
    if (transfer->body.capacity > BODY_KEPT_MAX)
        buf_done(&transfer->body);
    transfer->callback = NULL;
    transfer->on_piece = NULL;
    transfer->on_body = NULL;
    transfer->may_send = NULL;
    transfer->userdata = NULL;
}
