/* SPDX-License-Identifier: MIT */
/* A token of IAM for a user's password (API.md section 4.1). A password that IAM refuses is not
 * sent again until its file holds another: five wrong ones lock the user. */
#pragma once

#include "daemon/json/json_parser.h"
#include "daemon/roma/provider/provider.h"

/* Reads the password file once, to tell at start what is wrong with it. 0; the errors of
 * secret_file_read(); -ENOMEM; sd-event's. */
int provider_iam_new(const ProviderContext *context, Provider **ret_provider, Err *err);

/* How long a token is good, from when it was issued, by IAM's own clock, out of the body of IAM's
 * answer; 0: the body does not tell, and refusal will. */
uint64_t provider_iam_lifetime_usec(JsonParser *parser, const char *body, size_t size);
