/* SPDX-License-Identifier: MIT */
#include "daemon/shared/hand_over.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/log/message_ids.h"
#include "daemon/shared/carry_value.h"
#include "daemon/shared/intent_value.h"

int hand_over_append(Store *store, const char *instance_key, const char *instance_name, Buf *carry)
{
    const LogFields fields = {.message_id = MESSAGE_STATE, .instance = instance_name};
    StoreCarry taken = {0};
    Err err = {0};
    int r = store_carry_take(store, instance_key, &taken, &err);

    if (r >= 0)
        r = carry_value_append(&taken, clock_realtime_usec(), carry);
    if (r > CARRY_WHOLE)
        log_event(LOG_LEVEL_WARNING, &fields,
                  "%s: fleet: too much for etcd: the next owner will not know of %s", instance_name,
                  carry_value_left_out_text((CarryValueLeftOut)r));
    else if (r < 0)
        log_event(LOG_LEVEL_WARNING, &fields, "%s: fleet: the next owner is told nothing new: %s",
                  instance_name, err_is_set(&err) ? err.text : "out of memory");
    store_carry_done(&taken);
    return r < 0 ? r : 0;
}

static int hand_over_take_intent(const FleetPast *past, const char *own_host, uint64_t at_usec,
                                 StoreCarry *taken, Err *err)
{
    IntentValue intent = {0};
    int r = intent_value_read(past->json, strlen(past->json), &intent, err);

    if (r == 0 && !str_equal(intent.host, own_host) &&
        intent_value_carry(&intent, past->realtime_usec, at_usec, taken) < 0)
        r = err_memory(err);
    intent_value_done(&intent);
    return r;
}

static int hand_over_read(const FleetCarry *carry, const char *own_host, StoreCarry *ret_taken,
                          Err *err)
{
    uint64_t at_usec = 0;
    int r = carry_value_read(carry->json, strlen(carry->json), ret_taken, &at_usec, err);

    for (size_t i = 0; i < carry->intent_count && r == 0; i++)
        r = hand_over_take_intent(&carry->intents[i], own_host, at_usec, ret_taken, err);
    return r;
}

void hand_over_take(Store *store, const char *instance_key, const char *instance_name,
                    const char *own_host, const FleetCarry *carry)
{
    const LogFields fields = {.message_id = MESSAGE_STATE, .instance = instance_name};
    StoreCarry taken = {0};
    Err err = {0};
    int r = hand_over_read(carry, own_host, &taken, &err);

    if (r < 0) { /* nothing of what is odd is taken, and nothing that was here before counts */
        store_carry_done(&taken);
        store_carry_put(store, instance_key, instance_name, &taken, false, clock_realtime_usec(),
                        NULL);
    } else {
        r = store_carry_put(store, instance_key, instance_name, &taken, carry->is_handed_over,
                            clock_realtime_usec(), &err);
    }
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, &fields, "%s: fleet: what %s left is not taken over: %s",
                  instance_name, carry->host[0] ? carry->host : "the owner before",
                  err_is_set(&err) ? err.text : "out of memory");
    store_carry_done(&taken);
}
