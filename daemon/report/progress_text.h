/* SPDX-License-Identifier: MIT */
/* How far a pass is, in one line for people who wait for it. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/runtime/pass_run.h"

/* Appends "12 of 60 channels read, 3 members changed; prod has not answered for 4 s". */
void progress_text_append(const PassRun *run, Buf *buf);
