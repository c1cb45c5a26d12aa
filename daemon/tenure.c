/* Tenures: see tenure.h. */
#include "daemon/tenure.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/str.h"

static int tenure_add_beats(Tenure *tenure)
{
    size_t count = tenure->config->instance_count;
    int r = 0;

    tenure->beats = calloc(count, sizeof(*tenure->beats));
    if (!tenure->beats)
        return -ENOMEM;
    while (tenure->beat_count < count && r >= 0) {
        r = beat_init(&tenure->beats[tenure->beat_count], &tenure->door, tenure->beat_count);
        tenure->beat_count++;
    }
    return r;
}

int tenure_new(sd_event *event, Config *config, bool dry_run, Store *store, const Err *store_err,
               Tenure **ret_tenure, Err *err)
{
    _cleanup_(config_freep) Config *owned = config;
    Tenure *tenure = calloc(1, sizeof(*tenure));
    int r;

    if (!tenure)
        return err_memory(err);
    tenure->config = TAKE_PTR(owned);
    r = door_open(&tenure->door, event, tenure->config, dry_run, store, store_err, err);
    if (r >= 0) {
        r = tenure_add_beats(tenure);
        if (r < 0)
            err_system(err, r, "cannot set up the passes");
    }
    if (r < 0) {
        tenure_free(tenure);
        return r;
    }
    *ret_tenure = tenure;
    return 0;
}

void tenure_free(Tenure *tenure)
{
    if (!tenure)
        return;
    for (size_t i = 0; i < tenure->beat_count; i++)
        beat_done(&tenure->beats[i]);
    free(tenure->beats);
    door_close(&tenure->door);
    config_free(tenure->config);
    free(tenure);
}

static bool tenure_is_same_instance(const Instance *a, const Instance *b)
{
    return str_equal(a->name, b->name) && str_equal(a->endpoint, b->endpoint) &&
           str_equal(a->project_id ? a->project_id : "", b->project_id ? b->project_id : "") &&
           str_equal(a->instance_id, b->instance_id);
}

static void tenure_take_over(Tenure *tenure, size_t number, Tenure *old)
{
    const Instance *instance = &tenure->config->instances[number];

    for (size_t i = 0; i < old->beat_count; i++) {
        if (!tenure_is_same_instance(instance, &old->config->instances[i]))
            continue;
        gate_take_over(&tenure->door.gates[number], &old->door.gates[i]);
        beat_take_over(&tenure->beats[number], &old->beats[i]);
        roma_client_take_over(tenure->door.client, number, old->door.client, i);
    }
}

void tenure_begin(Tenure *tenure, Tenure *old, BeatOnPass on_pass, void *userdata)
{
    for (size_t i = 0; i < tenure->beat_count; i++) {
        if (old)
            tenure_take_over(tenure, i, old);
        beat_begin(&tenure->beats[i], on_pass, userdata);
    }
}

void tenure_use_store(Tenure *tenure, Store *store)
{
    tenure->door.store = store;
}

void tenure_ask(Tenure *tenure)
{
    for (size_t i = 0; i < tenure->beat_count; i++)
        beat_ask(&tenure->beats[i]);
}

void tenure_halt(Tenure *tenure, const char *why)
{
    tenure->is_halted = true;
    for (size_t i = 0; i < tenure->beat_count; i++)
        beat_halt(&tenure->beats[i], why);
}

void tenure_stop(Tenure *tenure, const char *why)
{
    tenure_halt(tenure, why);
    if (tenure->guest)
        run_stop(tenure->guest, why);
}

void tenure_abandon(Tenure *tenure, const char *why)
{
    roma_client_cancel_all(tenure->door.client);
    for (size_t i = 0; i < tenure->beat_count; i++)
        beat_abandon(&tenure->beats[i], why);
    if (tenure->guest)
        run_abandon(tenure->guest, why);
}

bool tenure_is_idle(const Tenure *tenure)
{
    if (tenure->guest)
        return false;
    for (size_t i = 0; i < tenure->beat_count; i++) {
        if (tenure->beats[i].run)
            return false;
    }
    return true;
}

bool tenure_is_changing(const Tenure *tenure)
{
    if (tenure->guest && run_is_changing(tenure->guest))
        return true;
    for (size_t i = 0; i < tenure->beat_count; i++) {
        if (tenure->beats[i].run && run_is_changing(tenure->beats[i].run))
            return true;
    }
    return false;
}

bool tenure_is_stuck(const Tenure *tenure, uint64_t now_usec)
{
    if (tenure->guest && run_is_stuck(tenure->guest, now_usec))
        return true;
    for (size_t i = 0; i < tenure->beat_count; i++) {
        if (beat_is_stuck(&tenure->beats[i], now_usec))
            return true;
    }
    return false;
}
