/* What a failed request's end means, for people: which host, what happened, what to do. */
#pragma once

#include <curl/curl.h>

#include "daemon/http/http.h"

/* Writes transfer->message. */
void explain_failure(HttpTransfer *transfer, HttpResult result, CURLcode code);
