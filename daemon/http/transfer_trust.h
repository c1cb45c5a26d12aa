/* SPDX-License-Identifier: MIT */
/* Whom a transfer trusts, and as whom it goes: the authorities of the other side's certificate, and
 * a certificate of its own. */
#pragma once

#include "daemon/http/transfer.h"

/* Tells the handle what of that has changed since the request before. libcurl's error. */
CURLcode transfer_trust_set(HttpTransfer *transfer, const HttpRequest *request);
