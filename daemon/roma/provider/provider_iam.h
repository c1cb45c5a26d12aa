/* SPDX-License-Identifier: MIT */
/* A token of IAM for a user's password (API.md section 4.1). A password that IAM refuses is not
 * sent again until its file holds another: five wrong ones lock the user. */
#pragma once

#include "daemon/roma/provider/provider.h"

/* Reads the password file once, to tell at start what is wrong with it. 0; the errors of
 * credential_read_file(); -ENOMEM; sd-event's. */
int provider_iam_new(const ProviderContext *context, Provider **ret_provider, Err *err);
