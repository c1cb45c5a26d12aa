/* SPDX-License-Identifier: MIT */
/*
 * Long texts that a test expects, each a file below tests/unit/stories. Where one is meant to
 * change, run its test with `write` as its argument from the head of the tree, and read the
 * difference as you would read code.
 */
#pragma once

#include "daemon/base/buf.h"

/* The arguments of the test program. */
void story_text_init(int argc, char **argv);

/* Fails the test where the text is another than the file of that name, or writes the file. */
void story_text_check(const char *name, const Buf *text);
