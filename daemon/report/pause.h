/* SPDX-License-Identifier: MIT */
/* Pauses, as JSON and for people. */
#pragma once

#include "daemon/json/json_writer.h"
#include "daemon/report/page.h"
#include "daemon/store/store.h"

/* Each puts something into the object that was opened last, null where it does not apply: a scope's
 * "scope", "instance", "name" and "id"; a pause's scope, "reason", "until" and "uid"; and under
 * `key` an array of pauses: those that `beside` is under still or that stand within it, NULL: all.
 */
void report_pause_put_scope(JsonWriter *writer, const StoreScope *scope);
void report_pause_put(JsonWriter *writer, const StorePause *pause);
void report_pause_put_all(JsonWriter *writer, const char *key, const StorePauses *pauses,
                          const StoreScope *beside);

/* What a pause is of: "all instances", "instance NAME" or "INSTANCE/CHANNEL". Returns the text. */
const char *report_pause_scope(const Json *row, char *ret_text, size_t size);

/* A line: `before`, what is paused, until when and why; `with_user`: by whom as well. */
void report_pause_line(const Page *page, const Json *row, const char *before, bool with_user);

/* A line for each pause that another took the place of, under "replaced" of an answer. */
void report_pause_replaced(const Page *page, const Json *root);
