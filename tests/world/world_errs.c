/* SPDX-License-Identifier: MIT */
/* How the service of a world made of a seed errs: answers that fail, with their effect or without,
 * and lists that cannot be believed. */
#include "daemon/base/str.h"
#include "tests/world/world.h"

static void twist_total(WorldEvent *event)
{
    event->members.total += 1 + event->submitted_usec % 3;
}

static void twist_short(WorldEvent *event)
{
    if (event->members.row_count > 0)
        event->members.row_count--;
    else
        event->members.total++;
}

static void twist_double(WorldEvent *event)
{
    if (event->members.row_count > 1)
        event->rows[0].id = event->rows[1].id;
    else
        event->members.total++;
}

static void twist_foreign(WorldEvent *event)
{
    if (event->members.row_count > 0)
        event->rows[event->members.row_count - 1].channel_id = "id-elsewhere";
    else
        event->members.total++;
}

static void twist_bad_id(WorldEvent *event)
{
    if (event->members.row_count > 0)
        event->rows[0].id = "../members";
    else
        event->members.total++;
}

static void random_answer(World *world, WorldFault *fault, AnswerKind kind, int http,
                          const char *code)
{
    fault->answer = (Answer){.kind = kind, .http = http};
    str_copy(fault->answer.code, sizeof(fault->answer.code), code);
    str_copy(fault->answer.message, sizeof(fault->answer.message), "by chance");
    if (kind == ANSWER_TIMEOUT)
        fault->latency_usec = world->config.limits.timeout_usec;
    if ((http == 429 || http == 503) && world_chance(world, 50)) {
        fault->answer.has_retry_after = true;
        fault->answer.retry_after_usec = world_below(world, 400) * USEC_PER_SEC;
    }
}

static void disturb_any(World *world, WorldFault *fault)
{
    static const struct {
        AnswerKind kind;
        int http;
        const char *code;
    } answers[] = {
        {ANSWER_HTTP, 500, "APIG.9999"}, {ANSWER_HTTP, 503, ""},
        {ANSWER_HTTP, 429, "APIG.0308"}, {ANSWER_HTTP, 500, "APIG.9008"},
        {ANSWER_HTTP, 401, "APIG.1001"}, {ANSWER_HTTP, 401, "APIG.1010"},
        {ANSWER_TIMEOUT, 0, ""},         {ANSWER_LOST, 0, ""},
        {ANSWER_NOT_SENT, 0, ""},        {ANSWER_HTTP, 408, ""},
        {ANSWER_HTTP, 502, ""},          {ANSWER_HTTP, 504, "APIGW.0203"},
    };
    size_t number = world_below(world, ELEMENTS(answers));

    random_answer(world, fault, answers[number].kind, answers[number].http, answers[number].code);
    fault->has_effect = answers[number].kind != ANSWER_NOT_SENT && world_chance(world, 50) &&
                        (answers[number].http == 0 || answers[number].http >= 500);
}

static void disturb_deletion(World *world, WorldFault *fault)
{
    static const struct {
        int http;
        const char *code;
        bool has_effect;
    } answers[] = {
        {400, "APIG.2012", false}, {403, "APIG.1005", false}, {404, "APIG.3023", false},
        {404, "", false},          {404, "APIG.3024", false}, {204, "", false},
        {200, "", true},           {401, "APIG.1005", false}, {301, "", false},
    };
    size_t number = world_below(world, ELEMENTS(answers));

    random_answer(world, fault, ANSWER_HTTP, answers[number].http, answers[number].code);
    fault->has_effect = answers[number].has_effect;
}

static void disturb_list(World *world, WorldFault *fault)
{
    static void (*const twists[])(WorldEvent *) = {twist_total, twist_short, twist_double,
                                                   twist_foreign, twist_bad_id};

    if (world_chance(world, 80))
        fault->twist = twists[world_below(world, ELEMENTS(twists))];
    else
        random_answer(world, fault, ANSWER_ODD, 200, "");
}

bool world_disturb_by_chance(World *world, WorldEvent *arrival)
{
    /* Bursts: in some minutes much goes wrong, in others nothing. */
    uint64_t burst = (world->now_usec / (10 * USEC_PER_SEC) + world->seed) % 4;
    static const uint64_t percents[] = {0, 5, 20, 50};

    if (!world_chance(world, percents[burst]))
        return false;
    if (arrival->request.kind == REQUEST_DELETE_MEMBER && world_chance(world, 25))
        disturb_deletion(world, &arrival->fault);
    else if (arrival->request.kind == REQUEST_LIST_MEMBERS && world_chance(world, 40))
        disturb_list(world, &arrival->fault);
    else
        disturb_any(world, &arrival->fault);
    return true;
}
