/* SPDX-License-Identifier: MIT */
/* What a survey found (survey.h), for people. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/json/json_value.h"
#include "daemon/report/source.h"

/* Appends a line of totals and a table of the channels; with their members where these were read.
 * 0 or -ENOMEM. */
int channels_text_append(const ReportSource *source, bool colour, Buf *buf);

/* Whether something could not be read, but for members of channels that are unmanageable. */
bool channels_text_has_failed(const Json *root);
