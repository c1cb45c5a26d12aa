/* SPDX-License-Identifier: MIT */
/* The proxy that a transfer goes by: one that makes a tunnel, or none. */
#pragma once

#include "daemon/http/transfer.h"

/* There is none, whatever libcurl takes from elsewhere. libcurl's error, as below. */
CURLcode transfer_proxy_none(HttpTransfer *transfer);

/* That of a request; NULL: none, which the handle was told before. */
CURLcode transfer_proxy_set(HttpTransfer *transfer, const HttpProxy *proxy);

/* Whether it was the proxy that a transfer failed by, and what it answered; 0: nothing. */
bool transfer_proxy_has_failed(const HttpTransfer *transfer, HttpResult result, long *ret_status);

/* Lets go of it after the request. */
void transfer_proxy_clear(HttpTransfer *transfer);
