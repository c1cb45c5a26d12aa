/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/tally.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/map.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"

_Static_assert(GUARD_COUNT <= 32, "a bit for each guard");

const uint64_t tally_request_bounds_usec[TALLY_BUCKET_COUNT] = {
    5000,   10000,   25000,   50000,   100000,   250000,
    500000, 1000000, 2500000, 5000000, 15000000, 60000000,
};
const uint64_t tally_pass_bounds_usec[TALLY_BUCKET_COUNT] = {
    100000,   250000,   500000,   1000000,   2500000,   5000000,
    10000000, 30000000, 60000000, 120000000, 300000000, 600000000,
};

static void tally_observe(TallyHistogram *histogram, const uint64_t *bounds_usec, uint64_t usec)
{
    size_t bucket = 0;

    while (bucket < TALLY_BUCKET_COUNT && usec > bounds_usec[bucket])
        bucket++;
    histogram->counts[bucket]++;
    histogram->sum_usec += usec;
}

/* ---- requests ---- */

static TallyInstance *tally_instance(const Tally *tally, size_t instance)
{
    assert(instance < tally->config->instance_count);
    return &tally->instances[instance];
}

/* Without memory a code that is new is not counted. */
static void tally_count_code(TallyAnswers *answers, int code)
{
    size_t i = 0;

    while (i < answers->code_count && answers->codes[i].code != code)
        i++;
    if (i == answers->code_count) {
        if (mem_grow(&answers->codes, &answers->code_capacity, i + 1, sizeof(*answers->codes)) < 0)
            return;
        answers->codes[answers->code_count++] = (TallyCode){.code = code};
    }
    answers->codes[i].count++;
}

void tally_on_submit(Tally *tally, const Request *request, bool is_again, int r)
{
    TallyInstance *instance;

    if (!tally || r == -EKEYEXPIRED)
        return;
    instance = tally_instance(tally, request->instance);
    instance->retries[request->kind] += is_again;
    if (r < 0)
        tally_count_code(&instance->answers[request->kind], TALLY_NOT_SENT);
}

static int tally_code(const Answer *answer)
{
    switch (answer->kind) {
    case ANSWER_TIMEOUT:
        return TALLY_TIMEOUT;
    case ANSWER_NOT_SENT:
    case ANSWER_UNTRUSTED:
    case ANSWER_REFUSED:
    case ANSWER_WITHHELD:
        return TALLY_NOT_SENT;
    case ANSWER_HTTP:
    case ANSWER_ODD:
    case ANSWER_LOST:
        break;
    }
    return answer->http > TALLY_TIMEOUT ? answer->http : TALLY_LOST;
}

void tally_on_answer(Tally *tally, const Request *request, const Answer *answer)
{
    TallyInstance *instance;
    int code = tally_code(answer);

    if (!tally)
        return;
    instance = tally_instance(tally, request->instance);
    tally_count_code(&instance->answers[request->kind], code);
    if (code != TALLY_NOT_SENT)
        tally_observe(&instance->requests[request->kind], tally_request_bounds_usec,
                      answer->took_usec);
}

/* ---- changes ---- */

static bool tally_channel_is(const TallyChannel *channel, const Event *event)
{
    return channel->id && str_equal(channel->id, event->channel_id);
}

/* An undo has entries of its own, and what an earlier run did has none. */
static TallyChannel *tally_find(const Tally *tally, const Event *event)
{
    const Config *config = tally->config;
    TallyChannel *by_name = NULL;

    if (event->roster >= config->channels &&
        event->roster < config->channels + config->channel_count)
        return &tally->channels[event->roster - config->channels];
    for (size_t i = 0; i < config->channel_count; i++) {
        TallyChannel *channel = &tally->channels[i];

        if (!str_equal(config->instances[config->channels[i].instance].name, event->instance_name))
            continue;
        if (tally_channel_is(channel, event))
            return channel;
        if (!channel->id && event->channel_name && str_equal(channel->name, event->channel_name))
            by_name = channel;
    }
    return by_name;
}

static const struct {
    ChangeKind kind;
    bool is_change;
    bool has_failed;
} tally_events[] = {
    [EVENT_DELETED] = {CHANGE_DELETE, true, false},
    [EVENT_DELETE_FAILED] = {CHANGE_DELETE, true, true},
    [EVENT_ADDED] = {CHANGE_ADD, true, false},
    [EVENT_ADD_FAILED] = {CHANGE_ADD, true, true},
    [EVENT_CORRECTED] = {CHANGE_CORRECT, true, false},
    [EVENT_CORRECT_FAILED] = {CHANGE_CORRECT, true, true},
    [EVENT_DISABLED] = {CHANGE_DISABLE, true, false},
    [EVENT_DISABLE_FAILED] = {CHANGE_DISABLE, true, true},
    [EVENT_ENABLED] = {CHANGE_ENABLE, true, false},
    [EVENT_ENABLE_FAILED] = {CHANGE_ENABLE, true, true},
    [EVENT_RENEWED] = {0},
};

void tally_on_event(Tally *tally, const Event *event)
{
    TallyOutcome outcome = event->outcome == OUTCOME_GONE ? TALLY_GONE : TALLY_MADE;
    TallyChannel *channel;

    assert(event->kind < ELEMENTS(tally_events));
    if (!tally || !tally_events[event->kind].is_change)
        return;
    channel = tally_find(tally, event);
    if (!channel)
        return;
    if (!channel->changes)
        channel->changes = calloc(CHANGE_KIND_COUNT, sizeof(*channel->changes));
    if (tally_events[event->kind].has_failed)
        outcome = TALLY_FAILED;
    if (channel->changes)
        channel->changes[tally_events[event->kind].kind][outcome]++;
}

/* ---- passes ---- */

static void tally_keep_text(char **text, const char *now)
{
    char *copy;

    if (!now || (*text && str_equal(*text, now)))
        return;
    copy = strdup(now);
    if (!copy)
        return;
    free(*text);
    *text = copy;
}

static uint32_t tally_guards(const ChannelReport *report)
{
    uint32_t guards = 0;

    if (report->result != RESULT_HELD)
        return 0;
    for (size_t i = 0; i < report->guard_count; i++)
        guards |= 1U << report->guards[i].name;
    return guards;
}

static void tally_note_channel(Tally *tally, const ChannelReport *report, uint64_t realtime_usec)
{
    size_t number = (size_t)(report->channel - tally->config->channels);
    TallyChannel *channel;

    assert(number < tally->config->channel_count);
    channel = &tally->channels[number];
    tally_keep_text(&channel->id, report->id);
    tally_keep_text(&channel->name, report->name);
    channel->has_result = true;
    channel->result = report->result;
    channel->guards = tally_guards(report);
    if (report->has_list) {
        channel->counts = counts_of(report);
        channel->listed_usec = realtime_usec;
    }
    if (report->result == RESULT_IN_SYNC || report->result == RESULT_CONVERGED)
        channel->in_sync_usec = realtime_usec;
}

void tally_on_pass(Tally *tally, size_t instance, const Report *report, uint64_t took_usec,
                   uint64_t realtime_usec)
{
    Result result = report_result(report);
    TallyInstance *counted;

    if (!tally)
        return;
    counted = tally_instance(tally, instance);
    assert(result <= RESULT_FAILED);
    counted->passes[result]++;
    counted->last_pass_usec = realtime_usec;
    counted->failed_passes = result == RESULT_FAILED ? counted->failed_passes + 1 : 0;
    tally_observe(&counted->pass, tally_pass_bounds_usec, took_usec);
    for (size_t i = 0; i < report->channel_count; i++)
        tally_note_channel(tally, &report->channels[i], realtime_usec);
}

void tally_on_no_pass(Tally *tally, size_t instance)
{
    if (tally)
        tally_instance(tally, instance)->failed_passes++;
}

/* ---- its life ---- */

static void tally_channel_done(TallyChannel *channel)
{
    free(channel->id);
    free(channel->name);
    free(channel->changes);
}

static void tally_instance_done(TallyInstance *instance)
{
    for (size_t i = 0; i < TALLY_OPERATION_COUNT; i++)
        free(instance->answers[i].codes);
}

int tally_new(const Config *config, Tally **ret_tally)
{
    _cleanup_(tally_freep) Tally *tally = calloc(1, sizeof(*tally));

    if (!tally)
        return -ENOMEM;
    tally->config = config;
    tally->instances = calloc(config->instance_count + 1, sizeof(*tally->instances));
    tally->channels = calloc(config->channel_count + 1, sizeof(*tally->channels));
    if (channel_index_init(&tally->index, config) < 0 ||
        instance_index_init(&tally->known, config) < 0 || !tally->instances || !tally->channels)
        return -ENOMEM;
    for (size_t i = 0; i < config->channel_count; i++) {
        TallyChannel *channel = &tally->channels[i];

        tally_keep_text(&channel->id, config->channels[i].id);
        tally_keep_text(&channel->name, config->channels[i].name);
        if (!channel->id && !channel->name)
            return -ENOMEM;
    }
    *ret_tally = TAKE_PTR(tally);
    return 0;
}

void tally_free(Tally *tally)
{
    if (!tally)
        return;
    for (size_t i = 0; tally->channels && i < tally->config->channel_count; i++)
        tally_channel_done(&tally->channels[i]);
    for (size_t i = 0; tally->instances && i < tally->config->instance_count; i++)
        tally_instance_done(&tally->instances[i]);
    channel_index_done(&tally->index);
    instance_index_done(&tally->known);
    free(tally->channels);
    free(tally->instances);
    free(tally);
}

/* ---- after a reload ---- */

/* A name may be another channel's id, which goes with the byte behind its text. */
static void *tally_known(const Map *known, const char *id, const char *name)
{
    void *found = id ? map_find(known, id, strlen(id) + 1) : NULL;

    return found || !name ? found : map_find(known, name, strlen(name));
}

/* The channels of an instance, by their ids and by their names. */
static int tally_collect(const Tally *old, size_t instance, Map *known)
{
    const ChannelNumbers own = channel_index_get(&old->index, instance);

    for (size_t i = 0; i < own.count; i++) {
        TallyChannel *channel = &old->channels[own.items[i]];

        if ((channel->id && map_put(known, channel->id, strlen(channel->id) + 1, channel) < 0) ||
            (channel->name && map_put(known, channel->name, strlen(channel->name), channel) < 0))
            return -ENOMEM;
    }
    return 0;
}

/* Mostly a channel has the place that it had before, and is known by the same. */
static bool tally_is_same_channel(const TallyChannel *a, const TallyChannel *b)
{
    return a->id ? b->id && str_equal(a->id, b->id) : b->name && str_equal(a->name, b->name);
}

/* What was taken already has neither id nor name. */
static void tally_take_channels(Tally *tally, size_t instance, Tally *old, size_t old_instance)
{
    _cleanup_(map_done) Map known = {0};
    const ChannelNumbers own = channel_index_get(&tally->index, instance);
    const ChannelNumbers olds = channel_index_get(&old->index, old_instance);

    for (size_t i = 0; i < own.count; i++) {
        TallyChannel *channel = &tally->channels[own.items[i]], *before = NULL;

        if (i < olds.count)
            before = &old->channels[olds.items[i]];
        if (!before || !tally_is_same_channel(channel, before)) {
            if (known.size == 0 && tally_collect(old, old_instance, &known) < 0)
                return;
            before = tally_known(&known, channel->id, channel->name);
        }
        if (!before || (!before->id && !before->name))
            continue;
        tally_channel_done(channel);
        *channel = *before;
        *before = (TallyChannel){0};
    }
}

void tally_take_over(Tally *tally, Tally *old)
{
    const Config *now = tally->config;

    for (size_t i = 0; i < now->instance_count; i++) {
        size_t before = instance_index_find(&old->known, &now->instances[i]);

        if (before == old->config->instance_count)
            continue;
        tally_instance_done(&tally->instances[i]);
        tally->instances[i] = old->instances[before];
        old->instances[before] = (TallyInstance){0};
        tally_take_channels(tally, i, old, before);
    }
}
