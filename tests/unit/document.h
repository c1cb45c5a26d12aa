/* SPDX-License-Identifier: MIT */
/* Files of the tree that people read, for tests that hold them against the code. */
#pragma once

#include "daemon/base/buf.h"

/* Goes to the tree, up from where the test was built, and appends one of its files. 0, or a
 * negative errno where there is no such file. */
int document_read(const char *path, Buf *buf);
