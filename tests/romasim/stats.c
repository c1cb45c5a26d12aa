/* SPDX-License-Identifier: MIT */
/* Counts for tests: how many requests, of which kinds, and how many at once or within one second.
 */
#include "tests/romasim/stats.h"

#include <poll.h>
#include <string.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/effects.h"
#include "tests/romasim/timing.h"

static struct {
    unsigned long requests, connections, signature_failures, logins;
    unsigned long in_flight_max, connections_max;
    unsigned long per_op[OP_MAX];
} counts;
/* Requests received and not yet completed, each knowing its place. */
static Request **flying;
static size_t n_flying, cap_flying;
/* Connections that were counted and are not known to be closed. */
static StatsConnection **open_ones;
static size_t n_open, cap_open;

/* A suspended connection does not notice by itself that its client gave up. */
static bool is_open(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};

    return poll(&p, 1, 0) <= 0 || !(p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

static bool is_connected(const Request *r)
{
    return is_open(r->fd);
}

/* Enters the request among those in flight. Clients that hung up do not count for the maximum. */
static void take_off(Request *r)
{
    size_t n = 0;

    flying = alloc_grow(flying, n_flying, &cap_flying, sizeof(*flying));
    r->place = n_flying;
    flying[n_flying++] = r;
    r->is_counted = true;
    if (n_flying <= counts.in_flight_max)
        return;
    for (size_t i = 0; i < n_flying; i++)
        n += is_connected(flying[i]);
    if (n > counts.in_flight_max)
        counts.in_flight_max = n;
}

/* Requests of the instance that began within the last second, this one included. */
static void count_rate(Instance *i, uint64_t now_usec)
{
    while (i->n_begun > 0 && i->begun_usec[i->begun_from] + 1000000u <= now_usec) {
        i->begun_from++;
        i->n_begun--;
    }
    if (i->begun_from > 0 && i->begun_from + i->n_begun == i->cap_begun) {
        memmove(i->begun_usec, i->begun_usec + i->begun_from, i->n_begun * sizeof(*i->begun_usec));
        i->begun_from = 0;
    }
    i->begun_usec = alloc_grow(i->begun_usec, i->begun_from + i->n_begun, &i->cap_begun,
                               sizeof(*i->begun_usec));
    i->begun_usec[i->begun_from + i->n_begun++] = now_usec;
    if (i->n_begun > i->begun_max)
        i->begun_max = i->n_begun;
}

void stats_begin(Request *r)
{
    r->begun_usec = timing_now_usec();
    take_off(r);
    counts.requests++;
    counts.per_op[r->op]++;
    if (r->instance)
        count_rate(r->instance, r->begun_usec);
}

void stats_end(Request *r)
{
    if (!r->is_counted)
        return;
    flying[r->place] = flying[--n_flying];
    flying[r->place]->place = r->place;
    r->is_counted = false;
}

void stats_begin_mutation(Request *r)
{
    Channel *c = r->channel;

    r->n_side_by_side = 1;
    for (size_t i = 0; i < c->n_mutations; i++)
        r->n_side_by_side += is_connected(c->mutations[i]);
    c->mutations =
        alloc_grow(c->mutations, c->n_mutations, &c->cap_mutations, sizeof(*c->mutations));
    c->mutations[c->n_mutations++] = r;
    r->is_listed = true;
    if (r->n_side_by_side > c->mutations_max)
        c->mutations_max = r->n_side_by_side;
}

void stats_end_mutation(Request *r)
{
    Channel *c = r->channel;

    for (size_t i = 0; r->is_listed && i < c->n_mutations; i++) {
        if (c->mutations[i] == r) {
            c->mutations[i] = c->mutations[--c->n_mutations];
            break;
        }
    }
    r->is_listed = false;
}

void stats_count_signature_failure(void)
{
    counts.signature_failures++;
}

void stats_count_login(void)
{
    counts.logins++;
}

/* Clients that hung up do not count for the maximum. */
static void count_open(void)
{
    size_t n = 0;

    if (n_open <= counts.connections_max)
        return;
    for (size_t i = 0; i < n_open; i++)
        n += is_open(open_ones[i]->fd);
    if (n > counts.connections_max)
        counts.connections_max = n;
}

void stats_begin_connection(StatsConnection *connection, int fd)
{
    if (connection->is_counted)
        return;
    open_ones = alloc_grow(open_ones, n_open, &cap_open, sizeof(*open_ones));
    *connection = (StatsConnection){.fd = fd, .place = n_open, .is_counted = true};
    open_ones[n_open++] = connection;
    counts.connections++;
    count_open();
}

void stats_end_connection(StatsConnection *connection)
{
    if (!connection->is_counted)
        return;
    open_ones[connection->place] = open_ones[--n_open];
    open_ones[connection->place]->place = connection->place;
    connection->is_counted = false;
}

static void add_per_op(Text *t)
{
    bool any = false;

    text_add(t, ",\"per_op\":{");
    for (int op = 0; op < OP_MAX; op++) {
        if (counts.per_op[op] == 0)
            continue;
        text_addf(t, "%s\"%s\":%lu", any ? "," : "", request_op_name((Op)op), counts.per_op[op]);
        any = true;
    }
    text_add(t, "}");
}

static void add_maxima(Text *t)
{
    bool any = false;

    text_add(t, ",\"max_mutations_in_flight\":{");
    for (size_t i = 0; i < model.n_instances; i++) {
        for (size_t j = 0; j < model.instances[i]->n_channels; j++) {
            const Channel *c = model.instances[i]->channels[j];

            if (c->mutations_max == 0)
                continue;
            text_add(t, any ? "," : "");
            text_add_json(t, c->id);
            text_addf(t, ":%zu", c->mutations_max);
            any = true;
        }
    }
    text_add(t, "},\"max_begun_in_one_second\":{");
    for (size_t i = 0; i < model.n_instances; i++) {
        text_add(t, i > 0 ? "," : "");
        text_add_json(t, model.instances[i]->id);
        text_addf(t, ":%zu", model.instances[i]->begun_max);
    }
    text_add(t, "}");
}

/* Of the channels that anything changed in. */
static void add_least(Text *t)
{
    bool any = false;

    text_add(t, ",\"least_in_service\":{");
    for (size_t i = 0; i < model.n_instances; i++) {
        for (size_t j = 0; j < model.instances[i]->n_channels; j++) {
            const Channel *c = model.instances[i]->channels[j];

            if (!c->had_effects)
                continue;
            text_add(t, any ? "," : "");
            text_add_json(t, c->id);
            text_addf(t, ":%zu", c->least_in_service);
            any = true;
        }
    }
    text_add(t, "}");
}

void stats_render(Text *t)
{
    text_addf(t,
              "{\"requests\":%lu,\"connections\":%lu,\"signature_failures\":%lu,\"logins\":%lu,"
              "\"in_flight\":%zu,\"max_in_flight\":%lu,\"max_connections\":%lu",
              counts.requests, counts.connections, counts.signature_failures, counts.logins,
              n_flying, counts.in_flight_max, counts.connections_max);
    add_per_op(t);
    add_maxima(t);
    text_add(t, ",");
    effects_render_counts(t);
    add_least(t);
    text_add(t, "}");
}

void stats_reset(void)
{
    memset(&counts, 0, sizeof(counts));
    count_open();
    effects_reset_counts();
    model_reset_least();
    for (size_t i = 0; i < model.n_instances; i++) {
        model.instances[i]->begun_max = 0;
        model.instances[i]->n_begun = 0;
        for (size_t j = 0; j < model.instances[i]->n_channels; j++)
            model.instances[i]->channels[j]->mutations_max = 0;
    }
}
