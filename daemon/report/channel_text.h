/* SPDX-License-Identifier: MIT */
/* One channel of a report for people. */
#pragma once

#include "daemon/json/json_value.h"
#include "daemon/report/failures.h"
#include "daemon/report/members_text.h"
#include "daemon/report/page.h"

/* With more members than these in what is shown, several stand in a line. */
#define CHANNEL_TEXT_MEMBERS_APART_MAX 60

/* The columns of what stands side by side: what a line of a review shows whole. */
#define CHANNEL_TEXT_WIDTH 100

/* guards_describe() and guards_describe_short() of a guard of a report. Return ret_text. */
const char *channel_text_guard(const Json *guard, char *ret_text, size_t size);
const char *channel_text_guard_short(const Json *guard, char *ret_text, size_t size);

/* "refuses", or "would refuse" where the channel is paused or only observed. */
const char *channel_text_verb(const Json *object);

/* Whether there is a plan that a digest is of: not where it was carried out. */
bool channel_text_has_plan(const Json *object);

/* The guards that refuse, and the digest: of a channel, or of an instance. */
void channel_text_guards(const Page *page, const Json *object);

/* That guards of a whole pass hold an instance, and which. */
void channel_text_instance(const Page *page, const Json *instance);

/* What an error says, and its request id. */
void channel_text_error(const Page *page, const Json *error);

/* What several channels of an instance failed by alike, in a line. */
void channel_text_failures(const Page *page, const Json *root, const Failures *failures);

/* Whether guards of a whole pass hold a channel, and none of its own. */
bool channel_text_is_held_by_pass(const Json *channel);

/* Whether nothing but conditions of its fleet hold it, which no approval passes. */
bool channel_text_waits_for_fleet(const Json *channel);

typedef struct ChannelTextOptions {
    bool verbose;            /* ids as well */
    bool is_packed;          /* several members in a line */
    const MembersMore *more; /* where members are that the answer only counts; NULL: nowhere */
    bool is_one_of; /* stands behind its instance: what holds all of it is not told again */
} ChannelTextOptions;

/* "instance/name: drift", without an end of line; `verbose`: with its id. */
void channel_text_heading(const Page *page, const Json *channel, bool verbose);

/* Its members, guards, digest, pause, error: lines that begin with two spaces. */
void channel_text_body(const Page *page, const Json *channel, const ChannelTextOptions *options);

/* Both. */
void channel_text_append(const Page *page, const Json *channel, const ChannelTextOptions *options);
