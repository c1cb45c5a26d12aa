/* SPDX-License-Identifier: MIT */
/* The changes of a channel as an intent has them (KEYS.md), in pieces that etcd takes. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "reconcile/change.h"

#define FLEET_PIECES_CHANGES_MAX 1000
#define FLEET_PIECES_SIZE_MAX (1000U * 1000U)

typedef struct FleetPieces {
    Buf *items; /* each the elements of `changes`, with commas */
    size_t count, capacity;
} FleetPieces;

/* Reads all changes of the batch. One without changes is one piece. 0; -ENOMEM; -E2BIG. */
int fleet_pieces_init(FleetPieces *pieces, const Batch *batch, Err *err);
void fleet_pieces_done(FleetPieces *pieces);
