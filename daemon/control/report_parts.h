/* SPDX-License-Identifier: MIT */
/*
 * Plans as an answer that goes out part by part: each channel with all its rows, however many they
 * are. What is borrowed stays as it is until the configuration changes or another plan is made, and
 * of passes also until one ends: an answer that is not out by then is cut.
 */
#pragma once

#include "daemon/control/known_plans.h"

/* Answers with a report; `shown` is taken over, as report_select() made it. */
void report_parts_reply(const Control *control, ServerRequest *request, Report *shown);

/* Answers with plans: {"plans": how many, "channels", "instances"}. */
void report_parts_reply_plans(const Control *control, ServerRequest *request,
                              const KnownPlan *plans, size_t count);
