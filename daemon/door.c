/* The door: see door.h. */
#include "daemon/door.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#include "daemon/base/clock.h"
#include "daemon/events.h"

/* ---- time and chance ---- */

static uint64_t door_now_usec(void *context)
{
    (void)context;
    return clock_monotonic_usec();
}

static uint64_t door_realtime_usec(void *context)
{
    (void)context;
    return clock_realtime_usec();
}

/* Jitter wants no secrecy: without the kernel's randomness the clock has to do. */
static uint64_t door_random(void *context)
{
    uint64_t value;

    (void)context;
    if (getrandom(&value, sizeof(value), GRND_NONBLOCK) != (ssize_t)sizeof(value))
        value = clock_monotonic_usec() * UINT64_C(0x9e3779b97f4a7c15);
    return value;
}

static void door_wake_at(void *context, uint64_t monotonic_usec)
{
    Door *door = context;

    if (monotonic_usec == USEC_NEVER) {
        sd_event_source_set_enabled(door->wake, SD_EVENT_OFF);
        return;
    }
    sd_event_source_set_time(door->wake, monotonic_usec);
    sd_event_source_set_enabled(door->wake, SD_EVENT_ONESHOT);
}

/* ---- after each step of the pass ---- */

static void door_look(Door *door)
{
    if (pass_is_done(door->pass))
        sd_event_source_set_enabled(door->done, SD_EVENT_ONESHOT);
}

static int door_on_wake(sd_event_source *source, uint64_t usec, void *userdata)
{
    Door *door = userdata;

    (void)source;
    (void)usec;
    pass_on_wake(door->pass);
    door_look(door);
    return 0;
}

static int door_on_done(sd_event_source *source, void *userdata)
{
    Door *door = userdata;

    (void)source;
    door->on_done(door, door->userdata);
    return 0;
}

static void door_on_answer(void *userdata, void *tag, const Answer *answer)
{
    Door *door = userdata;

    pass_on_answer(door->pass, tag, answer);
    door_look(door);
}

static void door_on_renewed(void *userdata, size_t instance, Renewal renewal, const Err *err)
{
    Door *door = userdata;

    pass_on_renewed(door->pass, instance, renewal, err);
    door_look(door);
}

/* ---- the service ---- */

static int door_submit(void *context, const Request *request)
{
    Door *door = context;

    return roma_client_submit(door->client, request);
}

static int door_renew(void *context, size_t instance)
{
    Door *door = context;

    return roma_client_renew(door->client, instance);
}

/* ---- the state ---- */

static const char *door_instance_name(const Door *door, const RosterChannel *channel)
{
    return door->config->instances[channel->instance].name;
}

static int door_without_store(const Door *door, Err *err)
{
    if (err)
        *err = door->store_err;
    return -EIO;
}

static int door_recall(void *context, const RosterChannel *channel, const char *channel_id,
                       const char *digest, Memory *memory, Err *err)
{
    Door *door = context;

    if (!door->store)
        return door_without_store(door, err);
    return store_recall(door->store, door_instance_name(door, channel), channel_id, digest,
                        clock_realtime_usec(), memory, err);
}

static int door_remember(void *context, const RosterChannel *channel, const char *channel_id,
                         const Sighting *sightings, size_t count, Err *err)
{
    Door *door = context;

    if (!door->store)
        return door_without_store(door, err);
    return store_remember(door->store, door_instance_name(door, channel), channel_id, sightings,
                          count, err);
}

/* Recorded first, permitted then: the client sends no other deletion. */
static int door_record(void *context, Batch *batch, Err *err)
{
    Door *door = context;
    int r;

    if (door->dry_run)
        return err_set(err, -EPERM, "nothing is deleted in a dry run");
    if (!door->store)
        return door_without_store(door, err);
    r = store_record(door->store, batch, clock_realtime_usec(), err);
    for (size_t i = 0; r >= 0 && i < batch->deletion_count; i++) {
        r = roma_client_permit(door->client, batch->channel->instance, batch->channel_id,
                               batch->deletions[i].member_id);
        if (r < 0)
            err_memory(err);
    }
    return r < 0 ? r : 0;
}

static int door_decide(void *context, uint64_t action, Outcome outcome, uint32_t attempts,
                       const Answer *answer, Err *err)
{
    Door *door = context;

    if (!door->store)
        return door_without_store(door, err);
    return store_decide(door->store, action, outcome, attempts, answer, clock_realtime_usec(), err);
}

static void door_tell(void *context, const Event *event)
{
    (void)context;
    events_log(event);
}

static const Ops door_ops = {
    .now_usec = door_now_usec,
    .realtime_usec = door_realtime_usec,
    .random = door_random,
    .wake_at = door_wake_at,
    .submit = door_submit,
    .renew = door_renew,
    .recall = door_recall,
    .remember = door_remember,
    .record = door_record,
    .decide = door_decide,
    .tell = door_tell,
};

/* ---- opening and closing ---- */

static int door_add_sources(Door *door)
{
    int r = sd_event_add_time(door->event, &door->wake, CLOCK_MONOTONIC, 0, 1, door_on_wake, door);

    if (r >= 0)
        r = sd_event_source_set_enabled(door->wake, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_defer(door->event, &door->done, door_on_done, door);
    if (r >= 0)
        r = sd_event_source_set_enabled(door->done, SD_EVENT_OFF);
    return r;
}

int door_open(Door *door, sd_event *event, const Config *config, bool dry_run, Store *store,
              const Err *store_err, Err *err)
{
    int r;

    *door = (Door){
        .event = event,
        .config = config,
        .dry_run = dry_run,
        .store = store,
        .store_err = *store_err,
    };
    door->gates = calloc(config->instance_count, sizeof(*door->gates));
    if (!door->gates)
        return err_memory(err);
    for (size_t i = 0; i < config->instance_count; i++) {
        if (gate_init(&door->gates[i], config->limits.requests_per_second) < 0)
            return err_memory(err);
    }
    r = door_add_sources(door);
    if (r < 0)
        return err_system(err, r, "cannot set up the event loop");
    return roma_client_new(event, config, dry_run, door_on_answer, door_on_renewed, door,
                           &door->client, err);
}

void door_close(Door *door)
{
    pass_free(door->pass);
    roma_client_free(door->client);
    sd_event_source_disable_unref(door->wake);
    sd_event_source_disable_unref(door->done);
    store_free(door->store);
    for (size_t i = 0; door->gates && i < door->config->instance_count; i++)
        gate_done(&door->gates[i]);
    free(door->gates);
    *door = (Door){0};
}

/* ---- passes ---- */

static int door_name_pass(Door *door, Err *err)
{
    char now[CLOCK_RFC3339_SIZE];

    if (door->store)
        return store_begin_pass(door->store, clock_realtime_usec(), door->pass_id, err);
    clock_format_rfc3339(clock_realtime_usec(), now);
    snprintf(door->pass_id, sizeof(door->pass_id), "%s-1", now);
    return 0;
}

int door_begin_pass(Door *door, DoorOnDone on_done, void *userdata, Err *err)
{
    PassScope scope;
    int r = door_name_pass(door, err);

    if (r < 0)
        return r;
    pass_free(TAKE_PTR(door->pass));
    door->on_done = on_done;
    door->userdata = userdata;
    scope = (PassScope){
        .pass_id = door->pass_id,
        .dry_run = door->dry_run,
        .instance = PASS_ALL_INSTANCES,
        .gates = door->gates,
    };
    if (pass_new(door->config, &door_ops, door, &scope, &door->pass) < 0)
        return err_memory(err);
    pass_start(door->pass);
    door_look(door);
    return 0;
}

void door_stop(Door *door, const char *why)
{
    pass_stop(door->pass, why);
    door_look(door);
}

void door_abandon(Door *door, const char *why)
{
    roma_client_cancel_all(door->client);
    pass_abandon(door->pass, why);
    door_look(door);
}

int door_end_pass(Door *door, Err *err)
{
    const Report *report = pass_get_report(door->pass);

    roma_client_forget_permits(door->client);
    if (!door->store)
        return door->dry_run ? 0 : door_without_store(door, err);
    return door->dry_run ? 0
                         : store_end_pass(door->store, report_result_text(report_result(report)),
                                          clock_realtime_usec(), err);
}
