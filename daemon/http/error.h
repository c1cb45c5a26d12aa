/* SPDX-License-Identifier: MIT */
/* What a failed request's end means, for people: which host, what happened, what to do. */
#pragma once

#include <curl/curl.h>

#include "daemon/http/client.h"

/* Writes transfer->message. */
void http_error_failure(HttpTransfer *transfer, HttpResult result, CURLcode code);
