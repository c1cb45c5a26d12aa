/* SPDX-License-Identifier: MIT */
/* The service's good and bad hours. */
#include <string.h>

#include "daemon/base/str.h"
#include "tests/sim/sim.h"
#include "tests/world/trace.h"

static const struct {
    AnswerKind kind;
    int http;
    const char *code;
} outages[] = {
    {ANSWER_NOT_SENT, 0, ""},
    {ANSWER_TIMEOUT, 0, ""},
    {ANSWER_LOST, 0, ""},
    {ANSWER_HTTP, 503, ""},
    {ANSWER_HTTP, 500, "APIG.9999"},
    {ANSWER_HTTP, 401, "APIG.1010"},
    {ANSWER_HTTP, 401, "APIG.1000"},
    {ANSWER_HTTP, 404, "APIG.3030"},
    {ANSWER_HTTP, 500, "APIG.9008"},
    {ANSWER_UNTRUSTED, 0, ""},
    {ANSWER_HTTP, 400, "APIG.2012"},
    {ANSWER_ODD, 200, ""},
    {ANSWER_HTTP, 403, "APIG.1005"},
    {ANSWER_HTTP, 401, "APIG.1001"},
};

void sim_weather(Sim *sim, size_t number)
{
    World *world = sim->world;
    SimInstance *instance = &sim->instances[number];

    if (sim->is_calm || world->now_usec < instance->weather_until_usec)
        return;
    instance->weather = (Weather)(world_chance(world, 50) ? WEATHER_CALM : world_below(world, 4));
    instance->weather_until_usec =
        world->now_usec + sim->interval_usec +
        world_below(world, world_chance(world, 20) ? 8 * USEC_PER_HOUR : 20 * USEC_PER_MINUTE);
    instance->outage = (uint32_t)world_below(world, ELEMENTS(outages));
    sim->counts->outages += instance->weather == WEATHER_OUTAGE;
    world_trace(world, "weather %d (%u) at instance %zu", (int)instance->weather, instance->outage,
                number);
}

static void weather_answer(World *world, WorldFault *fault, AnswerKind kind, int http,
                           const char *code)
{
    fault->answer = (Answer){.kind = kind, .http = http};
    str_copy(fault->answer.code, sizeof(fault->answer.code), code);
    str_copy(fault->answer.message, sizeof(fault->answer.message), "the weather");
    if (kind == ANSWER_TIMEOUT)
        fault->latency_usec = world->config.limits.timeout_usec;
}

/* Part of the deletions happen all the same, where nobody could tell from the answer. */
static bool weather_outage(World *world, const SimInstance *instance, WorldFault *fault)
{
    AnswerKind kind = outages[instance->outage].kind;
    int http = outages[instance->outage].http;

    weather_answer(world, fault, kind, http, outages[instance->outage].code);
    fault->has_effect =
        (kind == ANSWER_TIMEOUT || kind == ANSWER_LOST || kind == ANSWER_ODD || http >= 500) &&
        world_chance(world, 30);
    return true;
}

static bool weather_throttle(World *world, WorldFault *fault)
{
    static const uint64_t seconds[] = {0, 1, 30, 301, 86400, UINT64_C(31536000)};

    if (world_chance(world, 40))
        return false;
    weather_answer(world, fault, ANSWER_HTTP, 429, world_chance(world, 50) ? "APIG.0308" : "");
    fault->answer.has_retry_after = world_chance(world, 50);
    fault->answer.retry_after_usec = seconds[world_below(world, ELEMENTS(seconds))] * USEC_PER_SEC;
    return true;
}

bool sim_disturb(World *world, WorldEvent *arrival)
{
    const Sim *sim = world->userdata;
    const SimInstance *instance = &sim->instances[arrival->request.instance];

    switch (instance->weather) {
    case WEATHER_CALM:
        return false;
    case WEATHER_BURSTS:
        return world_disturb_by_chance(world, arrival);
    case WEATHER_OUTAGE:
        return weather_outage(world, instance, &arrival->fault);
    case WEATHER_THROTTLE:
        return weather_throttle(world, &arrival->fault);
    }
    return false;
}
