/* The door: see door.h. */
#include "daemon/door.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/digest.h"
#include "reconcile/request/call.h"

static void door_on_answer(void *userdata, void *tag, const Answer *answer)
{
    const Door *door = userdata;
    const Call *call = tag;
    const DoorUser *user = door->users[call->request.instance];

    user->on_answer(user->userdata, tag, answer);
}

static void door_on_renewed(void *userdata, size_t instance, Renewal renewal, const Err *err)
{
    const Door *door = userdata;
    const DoorUser *user = door->users[instance];

    if (user)
        user->on_renewed(user->userdata, instance, renewal, err);
}

static void door_on_wait(void *userdata, size_t instance, uint64_t wait_usec, uint32_t attempts,
                         const Err *err)
{
    const Door *door = userdata;
    const DoorUser *user = door->users[instance];

    if (user)
        user->on_wait(user->userdata, instance, wait_usec, attempts, err);
}

int door_without_store(const Door *door, Err *err)
{
    if (err)
        *err = door->store_err;
    return -EIO;
}

static int door_add_gates(Door *door)
{
    size_t count = door->config->instance_count;

    door->gates = calloc(count, sizeof(*door->gates));
    door->users = calloc(count, sizeof(*door->users));
    door->firsts = calloc(count, sizeof(*door->firsts));
    if (!door->gates || !door->users || !door->firsts)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (gate_init(&door->gates[i], door->config->limits.requests_per_second) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int door_recall_refusal(void *userdata, const char *subject, Lockout *ret_refusal)
{
    const Door *door = userdata;

    return door->store ? store_recall_refusal(door->store, subject, ret_refusal, NULL) : 0;
}

static int door_keep_refusal(void *userdata, const char *subject, const Lockout *refusal)
{
    const Door *door = userdata;

    return door->store ? store_keep_refusal(door->store, subject, refusal, NULL) : -EIO;
}

int door_open(Door *door, sd_event *event, const Config *config, bool dry_run, Store *store,
              const Err *store_err, Err *err)
{
    const LockoutMemory memory = {door_recall_refusal, door_keep_refusal, door};
    int r;

    *door = (Door){
        .event = event,
        .config = config,
        .dry_run = dry_run,
        .store = store,
        .store_err = *store_err,
    };
    if (digest_prepare() < 0 || door_add_gates(door) < 0)
        return err_memory(err);
    r = roma_client_new(event, config, dry_run, door_on_answer, door_on_renewed, door,
                        &door->client, err);
    if (r < 0)
        return r;
    roma_client_tell_waits(door->client, door_on_wait);
    roma_client_remember_lockouts(door->client, &memory);
    return r;
}

uint64_t door_renewal_due_usec(const Door *door, const DoorUser *user)
{
    uint64_t due_usec = 0;

    for (size_t i = 0; i < door->config->instance_count; i++) {
        uint64_t one_usec = roma_client_renewal_due_usec(door->client, i);

        if (door->users[i] == user && one_usec > due_usec)
            due_usec = one_usec;
    }
    return due_usec;
}

void door_close(Door *door)
{
    roma_client_free(door->client);
    for (size_t i = 0; door->gates && i < door->config->instance_count; i++)
        gate_done(&door->gates[i]);
    free(door->gates);
    free(door->firsts);
    free(door->users);
    *door = (Door){0};
}
