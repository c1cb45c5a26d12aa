/* SPDX-License-Identifier: MIT */
/* What tests of undo have in common. */
#pragma once

#include "tests/world/undo.h"

/* A channel with three that stay, and so many that a pass has just deleted. */
World *undo_case_pruned(size_t deleted);

/* The first channel's result, and how many additions were sent in all. */
void undo_case_expect(const World *world, Result result, uint32_t additions);

/* How many items of all channels came to what. */
void undo_case_expect_items(const World *world, uint32_t added, uint32_t live, uint32_t failed,
                            uint32_t skipped);

/* What the log was told. */
void undo_case_expect_told(const World *world, uint32_t added, uint32_t failed);

/* Whether the first channel's error says so. */
bool undo_case_says(const World *world, const char *text);

/* A channel after a pass in which two stayed, of which the first got another weight and became a
 * backup, two were added and two deleted. */
World *undo_case_mixed(void);

/* Every member of that channel is as it was before the pass. */
void undo_case_expect_as_before(const World *world);
