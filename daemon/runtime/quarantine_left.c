/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/quarantine_left.h"

#include <assert.h>

#include "daemon/base/buf.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/log/event_log.h"
#include "daemon/log/message_ids.h"
#include "reconcile/plan/identity.h"

/* So many members are named. */
#define LEFT_MEMBERS_MAX 20

void quarantine_left_print(const StoreQuarantined *member, char *ret_text, size_t size)
{
    identity_print(member->identity, member->identity_size, ret_text, size);
}

static bool left_is_of(const Backend *backend, size_t instance, const ChannelReport *channel)
{
    return str_equal(channel->instance_name, backend->config->instances[instance].name);
}

/* Whether the pass found which channel each entry of the rosters means. */
static bool left_is_known(const Backend *backend, size_t instance, const Report *report)
{
    for (size_t i = 0; report && i < report->channel_count; i++) {
        if (left_is_of(backend, instance, &report->channels[i]) && !report->channels[i].id)
            return false;
    }
    return true;
}

static bool left_is_managed(const Backend *backend, size_t instance, const Report *report,
                            const char *channel_id)
{
    for (size_t i = 0; report && i < report->channel_count; i++) {
        if (left_is_of(backend, instance, &report->channels[i]) &&
            str_equal(report->channels[i].id, channel_id))
            return true;
    }
    return false;
}

static bool left_is_same_channel(const StoreQuarantined *a, const StoreQuarantined *b)
{
    return str_equal(a->instance_key, b->instance_key) && str_equal(a->channel_id, b->channel_id);
}

static void left_log(const Backend *backend, size_t instance, const StoreQuarantined *members,
                     size_t count)
{
    const char *name = members->channel_name[0] ? members->channel_name : members->channel_id;
    const LogFields fields = {
        .message_id = MESSAGE_QUARANTINE_LEFT,
        .instance = backend->config->instances[instance].name,
        .channel = name,
    };
    _cleanup_(buf_done) Buf text = {0};

    for (size_t i = 0; i < count && i < LEFT_MEMBERS_MAX; i++) {
        char member[IDENTITY_TEXT_SIZE];

        quarantine_left_print(&members[i], member, sizeof(member));
        buf_printf(&text, "%s%s", i > 0 ? ", " : "", member);
    }
    if (count > LEFT_MEMBERS_MAX)
        buf_printf(&text, " and %zu more", count - LEFT_MEMBERS_MAX);
    log_event(LOG_LEVEL_WARNING, &fields,
              "%s/%s: left the rosters, and %zu member%s that rosterd disabled stay%s so: %s",
              fields.instance, name, count, count == 1 ? "" : "s", count == 1 ? "s" : "",
              buf_failed(&text) < 0 ? "" : buf_text(&text));
}

/* Of one channel: one that is back is told of when it leaves again. */
static void left_look(const Backend *backend, size_t instance, const Report *report,
                      const StoreQuarantined *members, size_t count)
{
    bool has_left = !left_is_managed(backend, instance, report, members->channel_id);
    bool is_told = true;

    for (size_t i = 0; i < count; i++)
        is_told = is_told && members[i].is_told == has_left;
    if (is_told)
        return;
    if (has_left)
        left_log(backend, instance, members, count);
    store_quarantine_tell(backend->store, members->instance_key, members->channel_id, has_left,
                          NULL);
}

void quarantine_left_tell(const Backend *backend, size_t instance, const Report *report)
{
    _cleanup_(store_quarantine_done) StoreQuarantine quarantine = {0};

    assert(instance < backend->config->instance_count);
    if (!backend->store || backend->dry_run || !left_is_known(backend, instance, report) ||
        store_quarantine(backend->store, &quarantine, NULL) < 0)
        return;
    for (size_t i = 0, count; i < quarantine.count; i += count) {
        const StoreQuarantined *first = &quarantine.items[i];

        for (count = 1; i + count < quarantine.count; count++) {
            if (!left_is_same_channel(first, &quarantine.items[i + count]))
                break;
        }
        if (str_equal(first->instance_key, backend->keys[instance]))
            left_look(backend, instance, report, first, count);
    }
}
