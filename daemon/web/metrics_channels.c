/* SPDX-License-Identifier: MIT */
#include "daemon/web/metrics_channels.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/map.h"
#include "daemon/base/str.h"
#include "daemon/web/metrics_text.h"

typedef struct MetricsChannel {
    const RosterChannel *roster;
    const TallyChannel *tally;
    size_t label;      /* where its labels begin in the text of all */
    bool is_ambiguous; /* its name is that of another channel as well */
    bool is_paused;
} MetricsChannel;

struct MetricsChannels {
    MetricsText text;
    const Controller *controller;
    char *const *gateways;
    MetricsChannel *items;
    size_t count, instance_count;
    Map *known; /* of each instance, its channels by their names, and by their ids with the byte
                 * behind them: a name may be another channel's id */
    Buf labels;
    size_t metric, number; /* of the next sample: the metric, and the channel */
};

/* ---- what they are called ---- */

static int metrics_channels_note(MetricsChannel *item, Map *known)
{
    const char *id = item->tally->id, *name = item->tally->name;
    MetricsChannel *other;
    int r = id ? map_put(known, id, strlen(id) + 1, item) : 1;

    if (r < 0 || !name)
        return r;
    other = map_find(known, name, strlen(name));
    if (!other)
        return map_put(known, name, strlen(name), item);
    other->is_ambiguous = item->is_ambiguous = true;
    return 0;
}

/* A name that is another channel's id would be mistaken for it. */
static const char *metrics_channels_name(const MetricsChannel *item, const Map *known)
{
    const char *id = item->tally->id, *name = item->tally->name;
    const MetricsChannel *other = name ? map_find(known, name, strlen(name) + 1) : NULL;
    bool is_own = name && !item->is_ambiguous && (!other || other == item);

    return id && !is_own ? id : name;
}

static int metrics_channels_collect(MetricsChannels *channels)
{
    const Config *config = channels->controller->config;

    for (size_t i = 0; i < channels->count; i++) {
        MetricsChannel *item = &channels->items[i];

        *item = (MetricsChannel){.roster = &config->channels[i],
                                 .tally = &channels->controller->backend.tally->channels[i]};
        if (metrics_channels_note(item, &channels->known[item->roster->instance]) < 0)
            return -ENOMEM;
    }
    for (size_t i = 0; i < channels->count; i++) {
        MetricsChannel *item = &channels->items[i];
        size_t instance = item->roster->instance;

        item->label = channels->labels.size;
        buf_puts(&channels->labels, channels->gateways[instance]);
        buf_putc(&channels->labels, ',');
        metrics_text_append_label(&channels->labels, "channel",
                                  metrics_channels_name(item, &channels->known[instance]));
        buf_append(&channels->labels, "", 1);
    }
    return buf_failed(&channels->labels);
}

static const char *metrics_channels_label(const MetricsChannels *channels,
                                          const MetricsChannel *item)
{
    return channels->labels.data + item->label;
}

/* ---- which are paused ---- */

static void metrics_channels_pause(const MetricsChannels *channels, size_t instance,
                                   const StoreScope *scope)
{
    const Map *known = &channels->known[instance];
    const char *id = scope->channel_id, *name = scope->channel_name;
    MetricsChannel *by_id = id ? map_find(known, id, strlen(id) + 1) : NULL;
    MetricsChannel *by_name = name ? map_find(known, name, strlen(name)) : NULL;

    if (by_id)
        by_id->is_paused = true;
    if (by_name)
        by_name->is_paused = true;
    for (size_t i = 0; by_name && by_name->is_ambiguous && i < channels->count; i++) {
        MetricsChannel *item = &channels->items[i];

        if (item->roster->instance == instance && item->tally->name &&
            str_equal(item->tally->name, name))
            item->is_paused = true;
    }
}

static void metrics_channels_pause_all(MetricsChannels *channels, size_t instance, bool is_any)
{
    for (size_t i = 0; i < channels->count; i++) {
        if (is_any || channels->items[i].roster->instance == instance)
            channels->items[i].is_paused = true;
    }
}

static void metrics_channels_take_pause(MetricsChannels *channels, const StoreScope *scope)
{
    const Backend *backend = &channels->controller->backend;
    PauseScope kind = store_scope_kind(scope);

    if (kind == PAUSE_SCOPE_ALL) {
        metrics_channels_pause_all(channels, 0, true);
        return;
    }
    for (size_t i = 0; i < backend->config->instance_count; i++) {
        if (!str_equal(backend->keys[i], scope->instance_key))
            continue;
        if (kind == PAUSE_SCOPE_INSTANCE)
            metrics_channels_pause_all(channels, i, false);
        else
            metrics_channels_pause(channels, i, scope);
    }
}

/* Those of the rosters and those of the state, as they are now. */
static void metrics_channels_look_at_pauses(MetricsChannels *channels)
{
    _cleanup_(store_pauses_done) StorePauses pauses = {0};
    Store *store = channels->controller->backend.store;
    uint64_t now_usec = clock_realtime_usec();

    for (size_t i = 0; i < channels->count; i++)
        channels->items[i].is_paused = config_pause_holds(channels->items[i].roster, now_usec);
    if (!store || store_pauses(store, now_usec, &pauses, NULL) < 0)
        return;
    for (size_t i = 0; i < pauses.count; i++)
        metrics_channels_take_pause(channels, &pauses.items[i].scope);
}

/* ---- the metrics ---- */

static void metrics_channels_put_listed(const MetricsChannels *channels, const MetricsChannel *item)
{
    metrics_text_put_usec(&channels->text, metrics_channels_label(channels, item), NULL, NULL,
                          item->tally->listed_usec);
}

static void metrics_channels_put_in_sync(const MetricsChannels *channels,
                                         const MetricsChannel *item)
{
    metrics_text_put_usec(&channels->text, metrics_channels_label(channels, item), NULL, NULL,
                          item->tally->in_sync_usec);
}

static void metrics_channels_put_result(const MetricsChannels *channels, const MetricsChannel *item)
{
    if (item->tally->has_result)
        metrics_text_put(&channels->text, metrics_channels_label(channels, item), "result",
                         report_result_text(item->tally->result), 1);
}

static void metrics_channels_put_members(const MetricsChannels *channels,
                                         const MetricsChannel *item)
{
    const Counts *counts = &item->tally->counts;
    const struct {
        const char *set;
        size_t count;
    } sets[] = {
        {"desired", item->roster->member_count},
        {"live", counts->live},
        {"extra", counts->extra},
        {"missing", counts->missing},
        {"changed", counts->changed},
        {"ignored", counts->ignored},
        {"quarantined", counts->quarantined},
    };
    /* What was never read is not 0. */
    size_t known = item->tally->listed_usec ? ELEMENTS(sets) : 1;

    for (size_t i = 0; i < known; i++)
        metrics_text_put(&channels->text, metrics_channels_label(channels, item), "set",
                         sets[i].set, sets[i].count);
}

static void metrics_channels_put_paused(const MetricsChannels *channels, const MetricsChannel *item)
{
    metrics_text_put(&channels->text, metrics_channels_label(channels, item), NULL, NULL,
                     item->is_paused);
}

static void metrics_channels_put_guards(const MetricsChannels *channels, const MetricsChannel *item)
{
    for (size_t i = 0; i < GUARD_COUNT; i++) {
        if (item->tally->guards & (1U << i))
            metrics_text_put(&channels->text, metrics_channels_label(channels, item), "guard",
                             guard_name_text((GuardName)i), 1);
    }
}

/* Which changes the mode may bring: they are told from 0 on, for a counter that appears with 1 has
 * not risen as far as Prometheus can see. */
static bool metrics_channels_expects(const RosterChannel *roster, ChangeKind kind)
{
    switch (kind) {
    case CHANGE_DELETE:
        return mode_may(roster->mode, MODE_DELETES);
    case CHANGE_ADD:
    case CHANGE_CORRECT:
        return mode_may(roster->mode, MODE_ADDS);
    case CHANGE_DISABLE:
        return mode_may(roster->mode, MODE_DELETES) && roster->quarantine_usec > 0;
    case CHANGE_ENABLE:
    case CHANGE_KIND_COUNT:
        break;
    }
    return false;
}

static void metrics_channels_put_kind(const MetricsChannels *channels, const MetricsChannel *item,
                                      ChangeKind kind)
{
    static const char *const made[CHANGE_KIND_COUNT] = {
        [CHANGE_DELETE] = "deleted",   [CHANGE_ADD] = "added",      [CHANGE_CORRECT] = "corrected",
        [CHANGE_DISABLE] = "disabled", [CHANGE_ENABLE] = "enabled",
    };
    const char *const outcomes[TALLY_OUTCOME_COUNT] = {made[kind], "gone", "failed"};
    _cleanup_(buf_done) Buf labels = {0};

    for (TallyOutcome outcome = TALLY_MADE; outcome < TALLY_OUTCOME_COUNT; outcome++) {
        uint64_t count = item->tally->changes ? item->tally->changes[kind][outcome] : 0;

        if (count == 0 && (outcome != TALLY_MADE || !metrics_channels_expects(item->roster, kind)))
            continue;
        buf_reset(&labels);
        buf_printf(&labels, "%s,kind=\"%s\"", metrics_channels_label(channels, item),
                   change_kind_text(kind));
        metrics_text_put(&channels->text, buf_text(&labels), "outcome", outcomes[outcome], count);
    }
}

static void metrics_channels_put_changes(const MetricsChannels *channels,
                                         const MetricsChannel *item)
{
    for (ChangeKind kind = CHANGE_DELETE; kind < CHANGE_KIND_COUNT; kind++)
        metrics_channels_put_kind(channels, item, kind);
}

static const struct {
    const char *name, *type, *help;
    void (*put)(const MetricsChannels *channels, const MetricsChannel *item);
} metrics_of_channels[] = {
    {"rosterd_channel_last_list_timestamp_seconds", "gauge",
     "When the members of the channel were last read whole; 0 for never.",
     metrics_channels_put_listed},
    {"rosterd_channel_last_in_sync_timestamp_seconds", "gauge",
     "When a pass last left the channel in sync; 0 for never.", metrics_channels_put_in_sync},
    {"rosterd_channel_result", "gauge", "1 for the result of the last pass.",
     metrics_channels_put_result},
    {"rosterd_channel_members", "gauge",
     "Members of the channel as the last whole list and what was done since leave them.",
     metrics_channels_put_members},
    {"rosterd_channel_paused", "gauge", "Whether a pause holds the channel now.",
     metrics_channels_put_paused},
    {"rosterd_channel_guard_held", "gauge", "1 for each guard that holds the channel's plan.",
     metrics_channels_put_guards},
    {"rosterd_changes_total", "counter", "Changes of members by kind and outcome.",
     metrics_channels_put_changes},
};

/* ---- all of it ---- */

MetricsChannels *metrics_channels_new(const Controller *controller, char *const *gateways)
{
    const Config *config = controller->config;
    MetricsChannels *channels = calloc(1, sizeof(*channels));

    if (!channels)
        return NULL;
    *channels = (MetricsChannels){
        .controller = controller,
        .gateways = gateways,
        .items = calloc(config->channel_count + 1, sizeof(*channels->items)),
        .count = config->channel_count,
        .instance_count = config->instance_count,
        .known = calloc(config->instance_count + 1, sizeof(*channels->known)),
    };
    if (!channels->items || !channels->known || metrics_channels_collect(channels) < 0) {
        metrics_channels_free(channels);
        return NULL;
    }
    metrics_channels_look_at_pauses(channels);
    return channels;
}

void metrics_channels_free(MetricsChannels *channels)
{
    if (!channels)
        return;
    for (size_t i = 0; channels->known && i < channels->instance_count; i++)
        map_done(&channels->known[i]);
    free(channels->known);
    free(channels->items);
    buf_done(&channels->labels);
    free(channels);
}

bool metrics_channels_append(MetricsChannels *channels, size_t size_max, Buf *buf)
{
    channels->text.buf = buf;
    for (; channels->metric < ELEMENTS(metrics_of_channels); channels->metric++) {
        size_t metric = channels->metric;

        if (buf->size >= size_max)
            return false;
        if (channels->number == 0)
            metrics_text_begin(&channels->text, metrics_of_channels[metric].name,
                               metrics_of_channels[metric].type, metrics_of_channels[metric].help);
        while (channels->number < channels->count) {
            const MetricsChannel *item = &channels->items[channels->number++];

            /* Of another host's instance, that host tells it. */
            if (!controller_stands_by(channels->controller, item->roster->instance))
                metrics_of_channels[metric].put(channels, item);
            if (buf->size >= size_max)
                break;
        }
        if (channels->number < channels->count)
            return false;
        channels->number = 0;
    }
    return true;
}
