/* SPDX-License-Identifier: MIT */
/* Secrets that came in the environment. They are taken out of it when they are first asked for:
 * what stays there stands in /proc and in every core dump. */
#pragma once

#include "daemon/base/secret.h"

/* A copy of the variable's value, NULL where it is not set or empty; the caller frees it. What is
 * set anew counts. 0 or -ENOMEM. */
int environment_get(const char *name, Secret **ret_value);
