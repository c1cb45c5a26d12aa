/* SPDX-License-Identifier: MIT */
/* The members of a channel's plan for people. */
#pragma once

#include "daemon/json/json_value.h"
#include "daemon/report/page.h"

/* Appends the members to go and those that are missing, each with its sign and what came of it:
 * side by side where `is_packed`, else one a line; `with_ids` as well. */
void members_text_append(const Page *page, const Json *channel, bool with_ids, bool is_packed);
