/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

/* Hands the request's answer to the HTTP library, or does to the connection what its fault says. */
enum MHD_Result reply_send(Request *r);
