/* SPDX-License-Identifier: MIT */
/* Rosters out of what a survey found (survey.h), a channel at a time. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/json/json_value.h"

#define REPORT_EXPORT_NAME_SIZE 160

/*
 * Appends the entry of a channel, with the fields that members may state where `with_fields`. 0;
 * told in `err`, with nothing appended: -EOPNOTSUPP it is no channel that a roster can manage; -EIO
 * it was not read whole; -EINVAL a roster cannot say what is in it; -ENOMEM.
 */
int report_export_append(const Json *channel, bool with_fields, Buf *buf, Err *err);

/* Appends the head of a file in which entries of that instance follow. */
void report_export_append_head(const char *instance, Buf *buf);

/* The name of a channel's own file, NAME-ID8.yaml of [A-Za-z0-9_-]: whatever the service names it,
 * the file stands where it is put. */
void report_export_name(const Json *channel, char ret_name[static REPORT_EXPORT_NAME_SIZE]);
