/* One channel's pass, up to its plan: see channel.h. */
#include "reconcile/channel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "reconcile/removal.h"
#include "reconcile/retry.h"

void channel_tell(const ChannelPass *channel, EventKind kind, const Err *err)
{
    const ChannelReport *report = channel->report;
    Event event = {
        .kind = kind,
        .roster = channel->roster,
        .pass = channel->pass_id,
        .instance_name = report->instance_name,
        .channel_name = report->name ? report->name : "",
        .channel_id = report->id ? report->id : "",
        .member = "",
        .member_id = "",
        .digest = report->digest,
        .err = err,
    };

    channel->ops->tell(channel->context, &event);
}

void channel_done(ChannelPass *channel)
{
    desired_done(&channel->desired);
    diff_done(&channel->diff);
    diff_done(&channel->confirmed);
    memory_done(&channel->memory);
    map_done(&channel->tried);
    free(channel->deletions);
    free(channel->sent);
    channel->deletions = NULL;
    channel->sent = NULL;
}

void channel_close(ChannelPass *channel, Result result, const Err *err)
{
    ChannelReport *report = channel->report;

    report->result = result;
    if (err && !err_is_set(&report->error))
        report->error = *err;
    channel->is_done = true;
    --*channel->open_count;
    channel_done(channel);
}

void channel_end(ChannelPass *channel, Result result, const Err *err)
{
    channel_close(channel, result, err);
    if (result == RESULT_FAILED || result == RESULT_UNMANAGEABLE)
        channel_tell(channel, EVENT_CHANNEL_FAILED, &channel->report->error);
}

static void channel_fail(ChannelPass *channel, int error, const char *what)
{
    Err err = {0};

    if (error == -ENOMEM)
        err_memory(&err);
    else
        err_system(&err, error, "%s", what);
    channel_end(channel, RESULT_FAILED, &err);
}

/* ---- reading a whole list ---- */

static void channel_ask(ChannelPass *channel, uint64_t delay_usec)
{
    channel->call.request.offset = channel->listing.rows;
    dispatch_begin(channel->dispatch, &channel->call, delay_usec);
}

static ListingStep channel_take_page(ChannelPass *channel, const MemberPage *page, Err *err)
{
    int r = diff_add_page(channel->reading, page, err);

    if (r == -ENOMEM)
        return LISTING_FAILED;
    if (r < 0)
        return listing_on_odd_page(&channel->listing, err);
    return listing_on_page(&channel->listing, page->total, page->row_count, err);
}

static void channel_on_step(ChannelPass *channel, ListingStep step, const Err *err)
{
    const Retry *law = &channel->config->retry;

    switch (step) {
    case LISTING_MORE:
        channel_ask(channel, 0);
        return;
    case LISTING_WHOLE:
        channel->on_whole(channel);
        return;
    case LISTING_AGAIN:
        diff_reset(channel->reading);
        channel_ask(channel,
                    retry_delay_usec(law->base_usec, law->cap_usec, channel->listing.tries - 2,
                                     dispatch_random(channel->dispatch)));
        return;
    case LISTING_FAILED:
        channel_end(channel, RESULT_FAILED, err);
        return;
    }
}

static void channel_on_page(Call *call, CallEnd end, const Answer *answer, const Err *err)
{
    ChannelPass *channel = call->owner;
    Err why = *err;

    switch (end) {
    case CALL_DONE:
        channel_on_step(channel, channel_take_page(channel, answer->members, &why), &why);
        return;
    case CALL_ODD:
        channel_on_step(channel, listing_on_odd_page(&channel->listing, &why), &why);
        return;
    case CALL_STOPPED:
        channel_end(channel, err_is_set(&channel->report->error) ? RESULT_FAILED : RESULT_DRIFT,
                    err);
        return;
    case CALL_GONE:
    case CALL_FAILED:
    case CALL_CHANNEL:
    case CALL_INSTANCE:
        channel_end(channel, RESULT_FAILED, err);
        return;
    }
}

void channel_read(ChannelPass *channel, Diff *diff, uint64_t delay_usec, ChannelOnWhole on_whole)
{
    channel->call = (Call){
        .request =
            {
                .kind = REQUEST_LIST_MEMBERS,
                .instance = channel->roster->instance,
                .channel = channel->roster,
                .channel_id = channel->row->id,
                .limit = LISTING_PAGE_SIZE,
                .tag = &channel->call,
            },
        .doing = "reading the members",
        .on_end = channel_on_page,
        .owner = channel,
    };
    channel->reading = diff;
    channel->on_whole = on_whole;
    listing_begin(&channel->listing);
    channel_ask(channel, delay_usec);
}

/* ---- from the list to the decision ---- */

static void channel_mark_extras(ChannelPass *channel, Outcome outcome)
{
    for (size_t i = 0; i < channel->report->extra_count; i++)
        channel->report->extras[i].outcome = outcome;
}

/* Whether there is anything to recall the channel's memory for. */
static bool channel_differs(const ChannelPass *channel)
{
    return channel->plan.extra_count > 0 || channel->plan.missing_count > 0;
}

/* Sightings are counted once a pass, whatever comes of the plan; where they are not asked for, old
 * ones are forgotten, so that they are not taken for the newest later. A channel in sync was not
 * recalled: it may have old ones, and must not fail when the state does. */
static int channel_remember(ChannelPass *channel, Err *err)
{
    bool is_counted = channel->roster->guards.confirm_passes > 1;
    bool is_recalled = channel_differs(channel);
    size_t count = is_counted ? channel->plan.extra_count : 0;
    _cleanup_free_ Sighting *sightings = NULL;

    if (channel->dry_run || (!is_counted && is_recalled && channel->memory.sighting_count == 0))
        return 0;
    if (!is_counted && !is_recalled) {
        channel->ops->remember(channel->context, channel->roster, channel->row->id, NULL, 0, NULL);
        return 0;
    }
    sightings = calloc(count ? count : 1, sizeof(*sightings));
    if (!sightings)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        const char *id = channel->plan.extras[i].id;

        sightings[i] = (Sighting){id, guard_sightings(&channel->memory, id)};
    }
    return channel->ops->remember(channel->context, channel->roster, channel->row->id, sightings,
                                  count, err);
}

static void channel_tell_held(const ChannelPass *channel)
{
    const Guard *first = &channel->report->guards[0];
    Err why = {0};

    err_set(&why, -EPERM,
            "%zu members are extra, none is deleted: %s refuses (%" PRIu64 ", the limit is %" PRIu64
            "); to let exactly this plan pass, approve its digest",
            channel->plan.extra_count, guard_name_text(first->name), first->planned, first->limit);
    channel_tell(channel, EVENT_HELD, &why);
}

/* Keeps the guards that refuse for the report; whether the plan is held. */
static bool channel_is_held(ChannelPass *channel)
{
    ChannelReport *report = channel->report;
    Guard guards[GUARD_COUNT];
    size_t refusing = guard_evaluate(&channel->roster->guards, &channel->plan, &channel->memory,
                                     channel->ops->realtime_usec(channel->context), guards);

    channel->is_approved = refusing > 0 && channel->memory.is_approved;
    if (refusing == 0 || channel->is_approved)
        return false;
    for (size_t i = 0; i < GUARD_COUNT; i++) {
        if (guards[i].refuses)
            report->guards[report->guard_count++] = guards[i];
    }
    return true;
}

static void channel_decide(ChannelPass *channel)
{
    const Memory *memory = &channel->memory;
    bool has_extras = channel->plan.extra_count > 0;

    if (memory->is_paused) {
        if (report_set_pause(channel->report, memory->pause_reason, memory->pause_end_usec) < 0)
            channel_fail(channel, -ENOMEM, "");
        else
            channel_end(channel, RESULT_PAUSED, NULL);
        return;
    }
    if (!has_extras || channel->roster->mode == MODE_OBSERVE) {
        channel_end(channel, RESULT_DRIFT, NULL);
        return;
    }
    if (channel_is_held(channel)) {
        channel_mark_extras(channel, OUTCOME_HELD);
        channel_tell_held(channel);
        channel_end(channel, RESULT_HELD, NULL);
        return;
    }
    if (channel->dry_run)
        channel_end(channel, RESULT_DRIFT, NULL);
    else
        removal_start(channel);
}

/* A member still listed may be on its way out: if its next deletion finds it gone, it was ours. */
static int channel_is_listed(void *list, const char *member_id)
{
    ChannelPass *channel = list;
    const char *id;

    if (!diff_has_id(&channel->diff, member_id))
        return 0;
    id = arena_string(&channel->diff.arena, member_id);
    if (!id || map_put(&channel->tried, id, strlen(id), channel) < 0)
        return -ENOMEM;
    return 1;
}

static int channel_settle(ChannelPass *channel, Err *err)
{
    if (channel->dry_run)
        return 0;
    return channel->ops->settle(channel->context, channel->roster, channel->row->id,
                                channel_is_listed, channel, err);
}

static int channel_report_plan(ChannelPass *channel)
{
    ChannelReport *report = channel->report;
    const Plan *plan = &channel->plan;

    report->has_list = true;
    report->live_count = plan->live_count;
    report->ignored_count = plan->ignored_count;
    str_copy(report->digest, sizeof(report->digest), plan->digest);
    if (report_set_extras(report, plan->extras, plan->extra_count) < 0)
        return -ENOMEM;
    return report_set_missing(report, &channel->diff);
}

static void channel_on_list(ChannelPass *channel)
{
    const char *id = channel->row->id;
    Err err = {0};
    int r = plan_make(&channel->diff, channel->report->instance_name, &channel->plan);

    if (r == 0)
        r = channel_report_plan(channel);
    if (r < 0) {
        channel_fail(channel, r, "making the plan");
        return;
    }
    r = channel_settle(channel, &err);
    if (r == 0 && channel_differs(channel))
        r = channel->ops->recall(channel->context, channel->roster, id, channel->plan.digest,
                                 &channel->memory, &err);
    if (r == 0)
        r = channel_remember(channel, &err);
    if (r < 0) {
        channel_mark_extras(channel, OUTCOME_SKIPPED);
        channel_end(channel, RESULT_FAILED, &err);
    } else if (!channel_differs(channel)) {
        channel_end(channel, RESULT_IN_SYNC, NULL);
    } else {
        channel_decide(channel);
    }
}

void channel_start(ChannelPass *channel, const ChannelRow *row)
{
    Err err = {0};
    ChannelKind kind = catalog_classify(row, &err);
    int r;

    channel->row = row;
    if (report_set_identity(channel->report, row->id, row->name) < 0) {
        channel_fail(channel, -ENOMEM, "");
        return;
    }
    if (kind == CHANNEL_UNMANAGEABLE) {
        channel_end(channel, RESULT_UNMANAGEABLE, &err);
        return;
    }
    channel->report->is_ecs = kind == CHANNEL_OF_ECS;
    r = desired_init(&channel->desired, channel->roster, row->port, channel->report->is_ecs, &err);
    if (r == 0 &&
        diff_init(&channel->diff, &channel->desired, row->id, channel->report->is_ecs) < 0)
        r = err_memory(&err);
    if (r < 0)
        channel_end(channel, RESULT_FAILED, &err);
    else
        channel_read(channel, &channel->diff, 0,
                     channel->restore ? restore_on_list : channel_on_list);
}
