/* SPDX-License-Identifier: MIT */
/* Where a request goes. */
#pragma once

#include "daemon/http/transfer.h"

/* Of libcurl's codes, those of curl_easy_setopt(3). */
CURLcode transfer_url_set(HttpTransfer *transfer, const char *url);

/* Once its easy handle is gone. */
void transfer_url_done(HttpTransfer *transfer);
