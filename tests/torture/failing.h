/* SPDX-License-Identifier: MIT */
/* Which allocation fails. A file that $TORTURE names is shared with the test: it counts, and the
 * allocation that the test names fails. */
#pragma once

#include <stdbool.h>

/* Counts an allocation; whether it is the one to fail. Then errno is ENOMEM, and the file tells who
 * asked for it. */
bool failing_is_next(void);
