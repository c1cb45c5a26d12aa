/* SPDX-License-Identifier: MIT */
#include "config/roster_reading.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "config/build.h"

RosterReading *roster_reading_new(const char *path)
{
    RosterReading *reading = calloc(1, sizeof(*reading));

    if (!reading)
        return NULL;
    reading->holders = 1;
    reading->path = strdup(path);
    if (reading->path)
        return reading;
    free(reading);
    return NULL;
}

RosterReading *roster_reading_hold(RosterReading *reading)
{
    unsigned before = __atomic_fetch_add(&reading->holders, 1, __ATOMIC_RELAXED);

    assert(before > 0);
    return reading;
}

void roster_reading_leave(RosterReading *reading)
{
    unsigned before = __atomic_fetch_sub(&reading->holders, 1, __ATOMIC_ACQ_REL);

    assert(before > 0);
    if (before > 1)
        return;
    if (reading->body)
        roster_reading_leave(reading->body);
    arena_done(&reading->arena);
    free((char *)(uintptr_t)reading->path);
    free(reading);
}

void roster_readings_done(RosterReadings *readings)
{
    for (size_t i = 0; i < readings->count; i++)
        roster_reading_leave(readings->items[i]);
    free(readings->items);
    *readings = (RosterReadings){0};
}

int roster_readings_add(RosterReadings *readings, RosterReading *reading)
{
    if (mem_grow(&readings->items, &readings->capacity, readings->count + 1,
                 sizeof(*readings->items)) < 0)
        return -ENOMEM;
    readings->items[readings->count++] = roster_reading_hold(reading);
    return 0;
}

int roster_readings_copy(const RosterReadings *readings, RosterReadings *ret_copy)
{
    assert(ret_copy->count == 0);
    memcpy(ret_copy->settings, readings->settings, sizeof(ret_copy->settings));
    for (size_t i = 0; i < readings->count; i++) {
        if (roster_readings_add(ret_copy, readings->items[i]) < 0)
            return -ENOMEM;
    }
    return 0;
}

static RosterReading *body_of(RosterReading *reading)
{
    return reading->body ? reading->body : reading;
}

void roster_readings_keep_shared(RosterReadings *readings, const Config *config)
{
    const RosterReadings *own = &((const Build *)config)->readings;
    _cleanup_(map_done) Map bodies = {0};
    size_t kept = 0;

    for (size_t i = 0; i < own->count; i++) {
        RosterReading *body = body_of(own->items[i]);

        if (map_put(&bodies, body->path, strlen(body->path), body) < 0)
            break;
    }
    for (size_t i = 0; i < readings->count; i++) {
        RosterReading *reading = readings->items[i];

        if (map_find(&bodies, reading->path, strlen(reading->path)) == body_of(reading))
            readings->items[kept++] = reading;
        else
            roster_reading_leave(reading);
    }
    readings->count = kept;
}
