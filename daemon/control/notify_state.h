/* SPDX-License-Identifier: MIT */
/* How those are who are told of things (daemon/notify), for whoever asks. */
#pragma once

#include "daemon/json/json_writer.h"
#include "daemon/notify/notices.h"

/* Puts an array, one for each entry of the settings' `notify`, in that order; no URL and no file is
 * named. NULL: there are none. */
void notify_state_put(JsonWriter *writer, const char *key, const Notices *notices);
