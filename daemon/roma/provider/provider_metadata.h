/* SPDX-License-Identifier: MIT */
/* Temporary keys of the host's own agency, from its metadata service (API.md section 4.4): version
 * 2 with a session token where the service has it, else version 1. */
#pragma once

#include "daemon/roma/provider/provider.h"

/* Asks for nothing yet. 0; -ENOMEM; sd-event's errors. */
int provider_metadata_new(const ProviderContext *context, Provider **ret_provider, Err *err);
