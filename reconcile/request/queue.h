/* SPDX-License-Identifier: MIT */
/* Queues of calls. A call stands in one at the most. */
#pragma once

#include "reconcile/request/call.h"

typedef struct CallQueue {
    Call *first, *last;
    size_t count;
} CallQueue;

void queue_push(CallQueue *queue, Call *call);

/* The first, taken out; NULL when there is none. */
Call *queue_pop(CallQueue *queue);

/* The call whose due_usec came first, taken out, if it is over; else NULL. */
Call *queue_pop_due(CallQueue *queue, uint64_t now_usec);

/* Removes that call, wherever it stands; whether it was there. */
bool queue_take(CallQueue *queue, Call *call);

/* The first due_usec of all; UINT64_MAX when the queue is empty. */
uint64_t queue_next_due_usec(const CallQueue *queue);
