/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

/* Channel list with the filters of API.md section 1.10, channel details, instance details; each
 * answers. */
void channels_list(Request *r);
void channels_show(Request *r);
void channels_show_instance(Request *r);

/* The quotas of the instance. */
void channels_show_configs(Request *r);
