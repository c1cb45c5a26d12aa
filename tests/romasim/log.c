/* SPDX-License-Identifier: MIT */
/* The request log that tests read: the newest requests in memory, and all of them in a file if one
 * was asked for. */
#include "tests/romasim/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/timing.h"

#define RECORDS_MAX 65536u
#define BODY_MAX 4096u

typedef struct Record {
    uint64_t number; /* 0: empty */
    uint64_t begun_usec;
    uint64_t ended_usec; /* 0: under way */
    char *method;
    char *path;
    char *query;
    char *headers; /* names, separated by newlines */
    char *channel;
    char *member;
    char *who;
    char *body;    /* NULL: none, or too long */
    char *effects; /* NULL: none */
    Op op;
    int status;
    char code[24];
    size_t n_side_by_side;
    bool is_applied;
} Record;

static Record *records;
static uint64_t last_number, cleared_number;
static uint64_t start_usec;
static FILE *file;

void log_open(const char *path)
{
    file = fopen(path, "ae");
    if (!file)
        alloc_die("%s: %s", path, strerror(errno));
    setvbuf(file, NULL, _IOLBF, 1u << 16);
}

static enum MHD_Result add_name(void *userdata, enum MHD_ValueKind kind, const char *name,
                                const char *value)
{
    Text *t = userdata;

    (void)kind;
    (void)value;
    if (t->len > 0)
        text_add_bytes(t, "\n", 1);
    text_add(t, name);
    return MHD_YES;
}

static void empty(Record *rec)
{
    free(rec->method);
    free(rec->path);
    free(rec->query);
    free(rec->headers);
    free(rec->channel);
    free(rec->member);
    free(rec->who);
    free(rec->body);
    free(rec->effects);
    *rec = (Record){0};
}

void log_begin(Request *r)
{
    const bool keeps_body = request_op_mutates(r->op) && r->body.len > 0 && r->body.len <= BODY_MAX;
    Text names = {0};
    Record *rec;

    if (!records) {
        records = alloc_zero(RECORDS_MAX, sizeof(*records));
        start_usec = r->begun_usec;
    }
    r->log_number = ++last_number;
    rec = &records[r->log_number % RECORDS_MAX];
    empty(rec);
    MHD_get_connection_values(r->connection, MHD_HEADER_KIND, add_name, &names);
    *rec = (Record){.number = r->log_number,
                    .begun_usec = r->begun_usec,
                    .method = alloc_copy(r->method),
                    .path = alloc_copy(r->path),
                    .query = alloc_copy(r->query),
                    .headers = names.data,
                    .channel = alloc_copy(r->channel_id),
                    .member = alloc_copy(r->member_id),
                    .who = alloc_copy(r->who),
                    .body = keeps_body ? alloc_copy_bytes(r->body.data, r->body.len) : NULL,
                    .op = r->op,
                    .n_side_by_side = r->n_side_by_side};
}

static void add_usec(Text *t, const char *name, uint64_t usec)
{
    uint64_t since = usec - start_usec;

    text_addf(t, "\"%s\":%llu.%03llu,", name, (unsigned long long)(since / 1000u),
              (unsigned long long)(since % 1000u));
}

static void add_string(Text *t, const char *name, const char *value)
{
    text_addf(t, "\"%s\":", name);
    text_add_json(t, value);
    text_add(t, ",");
}

static void add_names(Text *t, const char *names)
{
    text_add(t, "\"headers\":[");
    while (names && *names) {
        size_t len = strcspn(names, "\n");
        char *name = alloc_copy_bytes(names, len);

        text_add_json(t, name);
        free(name);
        names += len + (names[len] == '\n');
        text_add(t, *names ? "," : "");
    }
    text_add(t, "]");
}

static void render(Text *t, const Record *rec)
{
    text_addf(t, "{\"n\":%llu,", (unsigned long long)rec->number);
    add_usec(t, "t_ms", rec->begun_usec);
    if (rec->ended_usec > 0)
        add_usec(t, "end_ms", rec->ended_usec);
    else
        text_add(t, "\"end_ms\":null,");
    add_string(t, "method", rec->method);
    add_string(t, "path", rec->path);
    add_string(t, "query", rec->query ? rec->query : "");
    if (rec->status > 0)
        text_addf(t, "\"status\":%d,", rec->status);
    else
        text_add(t, "\"status\":null,");
    add_string(t, "code", rec->code[0] ? rec->code : NULL);
    add_string(t, "op", request_op_name(rec->op));
    add_string(t, "channel", rec->channel);
    add_string(t, "member", rec->member);
    add_string(t, "who", rec->who);
    text_addf(t, "\"in_flight_channel_mutations\":%zu,\"applied\":%s,", rec->n_side_by_side,
              rec->is_applied ? "true" : "false");
    add_string(t, "body", rec->body);
    text_addf(t, "\"effects\":[%s],", rec->effects ? rec->effects : "");
    add_names(t, rec->headers);
    text_add(t, "}");
}

void log_end(const Request *r, int status)
{
    Record *rec = records ? &records[r->log_number % RECORDS_MAX] : NULL;
    Text line = {0};

    if (!rec || rec->number == 0 || rec->number != r->log_number || rec->ended_usec > 0)
        return;
    rec->ended_usec = timing_now_usec();
    rec->status = status;
    rec->is_applied = r->is_applied;
    rec->effects = r->effects.len > 0 ? alloc_copy(r->effects.data) : NULL;
    snprintf(rec->code, sizeof(rec->code), "%s", status > 0 ? r->answer.code : "");
    if (!file)
        return;
    render(&line, rec);
    text_add(&line, "\n");
    fputs(line.data, file);
    text_done(&line);
}

void log_render(Text *t)
{
    uint64_t first = last_number >= RECORDS_MAX ? last_number - RECORDS_MAX + 1 : 1;
    bool any = false;

    if (first <= cleared_number)
        first = cleared_number + 1;
    text_addf(t, "{\"dropped\":%llu,\"requests\":[",
              (unsigned long long)(first - cleared_number - 1));
    for (uint64_t n = first; n <= last_number; n++) {
        text_add(t, any ? "," : "");
        render(t, &records[n % RECORDS_MAX]);
        any = true;
    }
    text_add(t, "]}");
}

void log_clear(void)
{
    cleared_number = last_number;
}
