/* SPDX-License-Identifier: MIT */
/*
 * Which recorded deletions were sent. A killed run leaves deletions without an outcome, and most of
 * them were never sent: where one of those is gone from a list, somebody else took it away.
 *
 * Each is noted in the file "lock" right before it is sent, which costs no commit: it outlives the
 * process, not the machine. A note therefore names the boot that it is of, and from which action on
 * all that were sent are noted; of others nothing is known, and what is gone counts as deleted.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct Store Store;

/* Once the state is open for writing: takes the notes of an earlier run over, or begins them. Where
 * they cannot be written, nothing is known. */
void sent_open(Store *store);

/* Whether it is known that no request for this deletion was begun. */
bool sent_is_never(const Store *store, uint64_t action);
