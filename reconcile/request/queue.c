/* SPDX-License-Identifier: MIT */
#include "reconcile/request/queue.h"

#include <assert.h>

void queue_push(CallQueue *queue, Call *call)
{
    assert(!call->next && call != queue->last);
    assert(!queue->first == !queue->last && !queue->first == (queue->count == 0));
    call->next = NULL;
    if (queue->last)
        queue->last->next = call;
    else
        queue->first = call;
    queue->last = call;
    queue->count++;
}

Call *queue_pop(CallQueue *queue)
{
    Call *call = queue->first;

    assert(!queue->first == (queue->count == 0));
    if (!call)
        return NULL;
    queue->first = call->next;
    if (!queue->first)
        queue->last = NULL;
    queue->count--;
    call->next = NULL;
    return call;
}

bool queue_take(CallQueue *queue, Call *call)
{
    Call *before = NULL, *found = queue->first;

    for (; found && found != call; found = found->next)
        before = found;
    if (!found)
        return false;
    assert(queue->count > 0);
    if (!before) {
        queue_pop(queue);
        return true;
    }
    before->next = call->next;
    if (queue->last == call)
        queue->last = before;
    queue->count--;
    call->next = NULL;
    return true;
}

Call *queue_pop_due(CallQueue *queue, uint64_t now_usec)
{
    Call *due = NULL;

    for (Call *call = queue->first; call; call = call->next) {
        if (call->due_usec <= now_usec && (!due || call->due_usec < due->due_usec))
            due = call;
    }
    if (due)
        queue_take(queue, due);
    return due;
}

uint64_t queue_next_due_usec(const CallQueue *queue)
{
    uint64_t next_usec = UINT64_MAX;

    for (const Call *call = queue->first; call; call = call->next)
        next_usec = call->due_usec < next_usec ? call->due_usec : next_usec;
    return next_usec;
}
