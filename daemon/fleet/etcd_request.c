/* SPDX-License-Identifier: MIT */
/* The requests of calls and watches, which differ in their path and their time alone. */
#include <stdio.h>

#include "daemon/fleet/etcd_internal.h"

void etcd_fill_request(Etcd *etcd, size_t endpoint, const char *path, const Buf *body,
                       char url[static ETCD_URL_SIZE], const char **headers,
                       HttpRequest *ret_request)
{
    const EtcdSettings *settings = etcd->settings;

    snprintf(url, ETCD_URL_SIZE, "%s/v3/%s", settings->endpoints[endpoint], path);
    headers[0] = "Content-Type: application/json";
    if (etcd->authorization.size > 0)
        headers[1] = buf_text(&etcd->authorization);
    *ret_request = (HttpRequest){.method = "POST",
                                 .url = url,
                                 .headers = headers,
                                 .header_count = etcd->authorization.size > 0 ? 2 : 1,
                                 .body = buf_text(body),
                                 .body_size = body->size,
                                 .ca_file = settings->ca_file,
                                 .cert_file = settings->cert_file,
                                 .key_file = settings->key_file,
                                 .plain_allowed = true,
                                 .body_size_max = ETCD_ANSWER_SIZE_MAX};
}

void etcd_format_message(const Etcd *etcd, size_t endpoint, const char *why,
                         char ret_message[static ETCD_MESSAGE_SIZE])
{
    snprintf(ret_message, ETCD_MESSAGE_SIZE, "etcd at %.100s: %.380s",
             etcd->settings->endpoints[endpoint], why);
}
