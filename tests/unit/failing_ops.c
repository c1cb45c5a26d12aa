/* SPDX-License-Identifier: MIT */
#include "tests/unit/failing_ops.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/failing_world.h"
#include "tests/world/world_ops.h"

typedef enum OpName {
    OP_RECALL,
    OP_RECALL_QUARANTINE,
    OP_ENTER,
    OP_LEAVE,
    OP_IS_APPROVED,
    OP_SHARE,
    OP_REMEMBER,
    OP_UNSETTLED,
    OP_SETTLE,
    OP_INTEND,
    OP_RECORD,
    OP_DECIDE,
    OP_NAME_COUNT,
} OpName;

static const char *const names[OP_NAME_COUNT] = {
    "recall",           "recall quarantine",
    "enter quarantine", "leave quarantine",
    "is approved",      "share",
    "remember",         "unsettled",
    "settle",           "intend",
    "record",           "decide",
};

static Ops story_ops, ops;
static long calls_left; /* until one fails; -1: none does */
static unsigned int counts[OP_NAME_COUNT];
static bool is_memory;
static char failed[48];

static int call_fails(OpName name, Err *err)
{
    counts[name]++;
    if (calls_left < 0 || calls_left-- > 0)
        return 0;
    snprintf(failed, sizeof(failed), "%s %u", names[name], counts[name]);
    return err_system(err, -EIO, "the state");
}

/* A call on the state, that of the story without failing memory. */
#define PASS_ON(name, call)                                                                        \
    bool was_paused;                                                                               \
    int r = call_fails(name, err);                                                                 \
                                                                                                   \
    if (r < 0)                                                                                     \
        return r;                                                                                  \
    was_paused = failing_pause(true);                                                              \
    r = call;                                                                                      \
    failing_pause(was_paused);                                                                     \
    return r

static int ops_submit(void *context, const Request *request)
{
    bool was_paused = failing_pause(true);
    int r = story_ops.submit(context, request);

    failing_pause(was_paused);
    return r;
}

/* What the pass does in there may run out of memory. */
static int ops_recall(void *context, const RosterChannel *roster, const ChannelRow *row,
                      ChannelRecord *record, Err *err)
{
    int r = call_fails(OP_RECALL, err);

    if (r < 0)
        return r;
    return is_memory ? world_ops.recall(context, roster, row, record, err)
                     : story_ops.recall(context, roster, row, record, err);
}

static int ops_recall_quarantine(void *context, const RosterChannel *roster, const char *channel_id,
                                 Quarantine *quarantine, Err *err)
{
    int r = call_fails(OP_RECALL_QUARANTINE, err);

    return r < 0 ? r : world_ops.recall_quarantine(context, roster, channel_id, quarantine, err);
}

static int ops_enter(void *context, const RosterChannel *roster, const ChannelRow *row,
                     const char *const *member_ids, size_t count, Err *err)
{
    PASS_ON(OP_ENTER, story_ops.enter_quarantine(context, roster, row, member_ids, count, err));
}

static int ops_leave(void *context, const RosterChannel *roster, const char *channel_id,
                     const char *const *member_ids, size_t count, Err *err)
{
    PASS_ON(OP_LEAVE,
            story_ops.leave_quarantine(context, roster, channel_id, member_ids, count, err));
}

static int ops_is_approved(void *context, const char *digest, const ChangeGate *gate, Err *err)
{
    PASS_ON(OP_IS_APPROVED, story_ops.is_approved(context, digest, gate, err));
}

static int ops_share(void *context, const char *digest, const char *const *plans, size_t plan_count,
                     Err *err)
{
    PASS_ON(OP_SHARE, story_ops.share_approval(context, digest, plans, plan_count, err));
}

static int ops_remember(void *context, const RosterChannel *roster, const char *channel_id,
                        const Sighting *sightings, size_t count, Err *err)
{
    PASS_ON(OP_REMEMBER, story_ops.remember(context, roster, channel_id, sightings, count, err));
}

static int ops_unsettled(void *context, size_t instance, UnsettledAdd add, void *userdata)
{
    int r = call_fails(OP_UNSETTLED, NULL);

    return r < 0 ? r : world_ops.unsettled(context, instance, add, userdata);
}

/* Likewise. */
static int ops_settle(void *context, const RosterChannel *roster, const char *channel_id,
                      const SettleList *list, Err *err)
{
    int r = call_fails(OP_SETTLE, err);

    if (r < 0)
        return r;
    return is_memory ? world_ops.settle(context, roster, channel_id, list, err)
                     : story_ops.settle(context, roster, channel_id, list, err);
}

static int ops_intend(void *context, const Batch *batch, void *tag, Err *err)
{
    PASS_ON(OP_INTEND, story_ops.intend(context, batch, tag, err));
}

static int ops_record(void *context, Batch *batches, size_t count, Err *err)
{
    PASS_ON(OP_RECORD, story_ops.record(context, batches, count, err));
}

static int ops_decide(void *context, uint64_t action, Outcome outcome, uint32_t attempts,
                      const ListedMember *listed, const Answer *answer, Err *err)
{
    PASS_ON(OP_DECIDE, story_ops.decide(context, action, outcome, attempts, listed, answer, err));
}

static void ops_cancel_intent(void *context, void *tag)
{
    bool was_paused = failing_pause(true);

    story_ops.cancel_intent(context, tag);
    failing_pause(was_paused);
}

static void ops_tell(void *context, const Event *event)
{
    bool was_paused = failing_pause(true);

    story_ops.tell(context, event);
    failing_pause(was_paused);
}

void failing_ops_begin(Story *story, long after, bool memory)
{
    story_ops = ops = story->ops;
    ops.submit = ops_submit;
    ops.recall = ops_recall;
    ops.recall_quarantine = ops_recall_quarantine;
    ops.enter_quarantine = ops_enter;
    ops.leave_quarantine = ops_leave;
    ops.is_approved = ops_is_approved;
    ops.share_approval = ops_share;
    ops.remember = ops_remember;
    ops.unsettled = ops_unsettled;
    ops.settle = ops_settle;
    ops.intend = ops_intend;
    ops.cancel_intent = ops_cancel_intent;
    ops.record = ops_record;
    ops.decide = ops_decide;
    ops.tell = ops_tell;
    story->world->ops = &ops;
    memset(counts, 0, sizeof(counts));
    failed[0] = '\0';
    is_memory = memory;
    calls_left = memory ? -1 : after;
    if (!memory)
        return;
    story->world->inside = failing_world_inside;
    failing_pause(true);
    failing_after(after);
}

const char *failing_ops_end(void)
{
    bool has_failed = failing_stop();

    failing_pause(false);
    calls_left = -1;
    if (is_memory)
        return has_failed ? "memory" : NULL;
    return failed[0] ? failed : NULL;
}
