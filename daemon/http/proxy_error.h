/* SPDX-License-Identifier: MIT */
/* What a request failed for that did not get through its proxy, for people: which proxy, where it
 * was to lead, what happened, what to do. */
#pragma once

#include <curl/curl.h>

#include "daemon/http/transfer.h"

/* Writes transfer->message. `status` is what the proxy answered, 0: nothing. */
void proxy_error_failure(HttpTransfer *transfer, int status, CURLcode code);
