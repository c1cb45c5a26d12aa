/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/jsonget.h"
#include "tests/romasim/text.h"

/* How groups without a weight show it. */
enum { NO_WEIGHT_LEFT_OUT, NO_WEIGHT_NULL, NO_WEIGHT_ZERO };

/* What it makes of `id` and `name` of the list of channels, but where an empty list is honest. */
enum { FILTER_EXACT, FILTER_IGNORED, FILTER_PREFIX, FILTER_ANY_CASE, FILTER_EMPTY, FILTER_REFUSED };

/* How an instance behaves, where the service's own behaviour differs, can be set, or is not
 * documented (API.md marks it UNCONFIRMED). All zeros: the defaults. help.c explains each. */
typedef struct Settings {
    int eventual_msec, eventual_add_msec, eventual_update_msec, eventual_switch_msec;
    int change_msec;
    int quota;    /* members a channel may have; 0: no bound */
    int page_max; /* rows of a page, whatever limit asks for; 0: as asked */
    int posted_max, batch_max;
    int keeps_left_out;
    int creates_groups;
    int answers_all;
    int ignores_unknown;
    int refuses_repeated_add, refuses_repeated_switch;
    int keeps_zero_port;
    int takes_ipv4_only;
    int keeps_members_of_groups;
    int zero_is_weight;
    int shows_no_weight;
    int hides_configs;
    int channel_filter;
} Settings;

bool settings_has(const char *key);

/* Sets what the object names and leaves the rest alone; keys that are no settings are the caller's.
 */
void settings_load(JsonError *e, Settings *s, json_object *o);

/* Every setting as "key":value, without braces. */
void settings_render(Text *t, const Settings *s);
