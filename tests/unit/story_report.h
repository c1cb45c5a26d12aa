/* SPDX-License-Identifier: MIT */
/* The report of a pass in words, with all of its fields (story.h). */
#pragma once

#include "daemon/base/buf.h"
#include "tests/world/world.h"

void story_report_print(const World *world, Buf *buf);
