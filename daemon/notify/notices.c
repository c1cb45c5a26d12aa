/* SPDX-License-Identifier: MIT */
#include "daemon/notify/notices.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "config/instance_key.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/log/message_ids.h"
#include "daemon/notify/notices_internal.h"

int notices_new(sd_event *event, Notices **ret_notices)
{
    Notices *notices = calloc(1, sizeof(*notices));

    if (!notices)
        return -ENOMEM;
    notices->event = event;
    *ret_notices = notices;
    return 0;
}

static void notices_drop(Delivery **deliveries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        delivery_free(deliveries[i]);
    free((void *)deliveries);
}

void notices_free(Notices *notices)
{
    if (!notices)
        return;
    notices_drop(notices->deliveries, notices->count);
    http_free(notices->http);
    log_once_done(&notices->log_once);
    free(notices);
}

/* ---- new settings ---- */

/* The one that there is already, which goes on as it was, or a new one; NULL when out of memory. */
static Delivery *notices_take_delivery(Notices *notices, const Notifier *notifier)
{
    _cleanup_free_ char *key = delivery_make_key(notifier);

    for (size_t i = 0; key && i < notices->count; i++) {
        if (notices->deliveries[i] && str_equal(notices->deliveries[i]->key, key))
            return TAKE_PTR(notices->deliveries[i]);
    }
    return delivery_new(notices->event, notifier);
}

static int notices_add_deliveries(Notices *notices, Delivery **deliveries, size_t *count)
{
    const Config *config = notices->config;

    for (size_t i = 0; i < config->notifier_count; i++) {
        Delivery *delivery = notices_take_delivery(notices, &config->notifiers[i]);

        if (!delivery)
            return -ENOMEM;
        delivery->http = notices->http;
        delivery->notifier = &config->notifiers[i];
        delivery->directory = config->directory;
        delivery->store = notices->store;
        delivery->place = i;
        deliveries[(*count)++] = delivery;
    }
    return 0;
}

/* On failure nobody is told. */
static int notices_make_deliveries(Notices *notices)
{
    size_t wanted = notices->config->notifier_count, count = 0;
    Delivery **deliveries = calloc(wanted + 1, sizeof(*deliveries));
    int r = deliveries ? 0 : -ENOMEM;

    if (r == 0 && wanted > 0 && !notices->http)
        r = http_new(notices->event, &notices->http);
    if (r == 0)
        r = notices_add_deliveries(notices, deliveries, &count);
    notices_drop(notices->deliveries, notices->count);
    if (r < 0)
        notices_drop(deliveries, count);
    notices->deliveries = r < 0 ? NULL : deliveries;
    notices->count = r < 0 ? 0 : count;
    return r;
}

static int notices_keep_known(Notices *notices, Err *err)
{
    const char **keys = calloc(notices->count + 1, sizeof(*keys));
    int r;

    if (!keys)
        return err_memory(err);
    for (size_t i = 0; i < notices->count; i++)
        keys[i] = notices->deliveries[i]->key;
    r = store_outbox_keep(notices->store, keys, notices->count, err);
    free((void *)keys);
    return r;
}

/* ---- conditions of what is no more ---- */

static bool notices_has_channel(const Config *config, size_t instance, const char *key)
{
    bool is_name = str_has_prefix(key, NOTICES_BY_NAME);
    const char *text = key + strlen(is_name ? NOTICES_BY_NAME : NOTICES_BY_ID);

    for (size_t i = 0; i < config->channel_count; i++) {
        const RosterChannel *channel = &config->channels[i];
        const char *found = is_name ? channel->name : channel->id;

        if (channel->instance == instance && found && str_equal(found, text))
            return true;
    }
    return false;
}

/* NULL: what the condition is of is there; else why it is over, for people. */
static const char *notices_why_over(const Config *config, const StoreCondition *condition)
{
    bool has_channels = false;

    if (condition->instance_key[0] == '\0')
        return NULL;
    for (size_t i = 0; i < config->instance_count; i++) {
        char key[INSTANCE_KEY_SIZE];

        instance_key(&config->instances[i], key);
        if (!str_equal(key, condition->instance_key))
            continue;
        for (size_t j = 0; j < config->channel_count; j++)
            has_channels = has_channels || config->channels[j].instance == i;
        if (condition->channel[0] ? notices_has_channel(config, i, condition->channel)
                                  : has_channels)
            return NULL;
        return condition->channel[0] ? "the channel has left the rosters"
                                     : "no roster has a channel of it any more";
    }
    return "the instance has left the settings";
}

static void notices_end_condition(Telling *telling, const Delivery *delivery,
                                  const StoreCondition *condition, const char *why)
{
    const Note note = {
        .kind = notifier_kind_of(condition->kind),
        .instance_name = condition->instance_name,
        .channel_name = condition->channel_name,
        .time_usec = clock_realtime_usec(),
        .why = why,
    };
    NoticeRecord record = {condition->is_open, condition->passes, condition->told_usec};
    NoticeStep step = notice_step(&record, note.kind, PRESENCE_NO, 0, 0);

    telling_step(telling, delivery, condition, step, &record, &note, condition->instance_key,
                 condition->channel);
}

static int notices_end_old(Notices *notices, Delivery *delivery, Err *err)
{
    _cleanup_(store_outbox_conditions_done) StoreConditions conditions = {0};
    _cleanup_(telling_done) Telling telling = {0};
    int r = store_outbox_conditions(notices->store, delivery->key, NULL, &conditions, err);

    for (size_t i = 0; i < conditions.count && r == 0; i++) {
        const StoreCondition *condition = &conditions.items[i];
        NoticeKind kind = notifier_kind_of(condition->kind);
        const char *why = notices_why_over(notices->config, condition);

        if (kind == NOTICE_KIND_COUNT || !(delivery->notifier->kinds & NOTICE_BIT(kind)))
            telling_forget(&telling, condition);
        else if (why)
            notices_end_condition(&telling, delivery, condition, why);
    }
    if (r == 0)
        telling_commit(&telling, notices, delivery);
    return r;
}

void notices_use(Notices *notices, const Config *config, Store *store)
{
    Err err = {0};
    int r;

    notices->config = config;
    notices->store = store;
    notices->is_invalid_known = false;
    r = notices_make_deliveries(notices);
    if (r < 0)
        err_system(&err, r, "cannot set up the event loop");
    if (r == 0 && store)
        r = notices_keep_known(notices, &err);
    for (size_t i = 0; i < notices->count && store && r == 0; i++) {
        r = notices_end_old(notices, notices->deliveries[i], &err);
        if (r == 0)
            delivery_run(notices->deliveries[i]);
    }
    if (r < 0)
        log_event(LOG_LEVEL_ERR, &(LogFields){.message_id = MESSAGE_NOTICE},
                  "nobody may be told of what happens: %s", err.text);
}

/* ---- how it is ---- */

size_t notices_count(const Notices *notices)
{
    return notices->count;
}

NoticesState notices_get_state(const Notices *notices, size_t number)
{
    const Delivery *delivery;
    NoticesState state;

    assert(number < notices->count);
    delivery = notices->deliveries[number];
    state = (NoticesState){
        .format = delivery->notifier->format,
        .taken_usec = delivery->taken_usec,
        .failed_usec = delivery->failed_usec,
        .error = delivery->error,
    };
    if (notices->store)
        store_outbox_count(notices->store, delivery->key, UINT64_MAX, &state.waiting, NULL);
    return state;
}
