/* Queues of calls: see queue.h. */
#include "reconcile/queue.h"

void queue_push(CallQueue *queue, Call *call)
{
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

    if (!call)
        return NULL;
    queue->first = call->next;
    if (!queue->first)
        queue->last = NULL;
    queue->count--;
    call->next = NULL;
    return call;
}

Call *queue_pop_due(CallQueue *queue, uint64_t now_usec)
{
    Call *before = NULL, *due = NULL, *due_before = NULL;

    for (Call *call = queue->first; call; before = call, call = call->next) {
        if (call->due_usec <= now_usec && (!due || call->due_usec < due->due_usec)) {
            due = call;
            due_before = before;
        }
    }
    if (!due)
        return NULL;
    if (!due_before)
        return queue_pop(queue);
    due_before->next = due->next;
    if (queue->last == due)
        queue->last = due_before;
    queue->count--;
    due->next = NULL;
    return due;
}

uint64_t queue_next_due_usec(const CallQueue *queue)
{
    uint64_t next_usec = UINT64_MAX;

    for (const Call *call = queue->first; call; call = call->next)
        next_usec = call->due_usec < next_usec ? call->due_usec : next_usec;
    return next_usec;
}
