/* SPDX-License-Identifier: MIT */
/* Putting a whole file where a name is: whoever looks finds what was there before, or all of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Writes bytes to a file beside it, whose name begins with a dot, and gives that the name, a plain
 * one in the directory; both durably. 0, or a negative errno with nothing changed: -EEXIST there is
 * one already and `may_replace` is false; else those of open(2), write(2), fsync(2) and rename(2).
 */
int file_put(int directory, const char *name, const char *bytes, size_t size, bool may_replace);

/* The same in the place of any that is there, with that mode whatever the umask, and not durably:
 * for what is written anew before long. */
int file_put_fleeting(int directory, const char *name, const char *bytes, size_t size, mode_t mode);

/* Whether both take the name: not empty, without a slash, and not one that begins with a dot. */
bool file_put_may_be_called(const char *name);
