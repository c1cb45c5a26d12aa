/* SPDX-License-Identifier: MIT */
/* Lets libcurl's multi handle run on an event loop, whatever is in it. */
#pragma once

#include <curl/curl.h>
#include <systemd/sd-event.h>

#include "daemon/base/mem.h"

typedef struct Loop Loop;

/* Called after each of libcurl's steps, outside of all of its callbacks: requests may have ended
 * (curl_multi_info_read(3)), and may be added and removed. */
typedef void (*LoopOnProgress)(void *userdata);

/* Takes a reference of the event loop. 0, -ENOMEM, or sd-event's error. */
int loop_new(sd_event *event, LoopOnProgress on_progress, void *userdata, Loop **ret_loop);

/* All easy handles must have been removed. NULL is fine. */
void loop_free(Loop *loop);
DEFINE_CLEANUP(Loop, loop_free)

/* To add handles to and remove them from. Borrowed. */
CURLM *loop_get_multi(const Loop *loop);
