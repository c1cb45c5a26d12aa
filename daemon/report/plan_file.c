/* SPDX-License-Identifier: MIT */
#include "daemon/report/plan_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/digest.h"
#include "daemon/base/file.h"
#include "daemon/base/str.h"
#include "daemon/json/json_parser.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/row.h"

#define PLAN_FILE_VERSION 1
#define PLAN_FILE_KEY "rosterd_plan"

/* A plan of 100,000 members has 30 MB. */
#define PLAN_FILE_SIZE_MAX (64U << 20)

#define ADVICE "make a new one with rosterctl plan --out"

void plan_file_done(PlanFile *file)
{
    arena_done(&file->arena);
    *file = (PlanFile){0};
}

static int plan_file_add_to_sum(void *userdata, Buf *buf)
{
    digest_add(userdata, buf->data, buf->size);
    buf_reset(buf);
    return 0;
}

/* Over the values and not over their spelling, which another version may have otherwise. */
static int plan_file_sum(const ReportSource *report, const char *made,
                         char ret_sum[static DIGEST_HEX_SIZE])
{
    _cleanup_(digest_freep) Digest *digest = NULL;
    _cleanup_(buf_done) Buf text = {0};
    JsonWriter writer = {.buf = &text, .is_compact = true};
    FlushedSource flushed = {.report = report, .flush = plan_file_add_to_sum};
    ReportSource source = report_source_flushed(&flushed);

    if (digest_new(&digest) < 0)
        return -ENOMEM;
    flushed.userdata = digest;
    buf_printf(&text, "rosterd plan file %d\n%s\n", PLAN_FILE_VERSION, made);
    report_source_put(&source, &writer, NULL);
    if (json_end(&writer) < 0)
        return -ENOMEM;
    digest_add(digest, text.data, text.size);
    return digest_end(digest, ret_sum);
}

static int plan_file_put(const ReportSource *report, const char *made, const char *sum, Buf *buf)
{
    JsonWriter writer = {.buf = buf};

    json_open_object(&writer, NULL);
    json_put_number(&writer, PLAN_FILE_KEY, PLAN_FILE_VERSION);
    json_put_string(&writer, "made", made);
    json_put_string(&writer, "sum", sum);
    report_source_put(report, &writer, "report");
    json_close_object(&writer);
    return json_end(&writer);
}

int plan_file_append(const ReportSource *report, uint64_t made_usec, Buf *buf)
{
    char made[CLOCK_RFC3339_SIZE], sum[DIGEST_HEX_SIZE];

    clock_format_rfc3339(made_usec, made);
    return plan_file_sum(report, made, sum) < 0 ? -ENOMEM : plan_file_put(report, made, sum, buf);
}

/* ---- writing ---- */

typedef struct PlanWriting {
    const ReportSource *report;
    const char *path;
    uint64_t made_usec;
    int fd;
    size_t size; /* written so far */
    int error;
    Err *err;
} PlanWriting;

/* None is written that could not be read. */
static int plan_file_flush(void *userdata, Buf *buf)
{
    PlanWriting *writing = userdata;

    writing->size += buf->size;
    if (writing->size > PLAN_FILE_SIZE_MAX) {
        writing->error =
            err_set(writing->err, -EFBIG,
                    "%s: a plan of more than %u MiB cannot be carried out: name CHANNELs",
                    writing->path, PLAN_FILE_SIZE_MAX >> 20);
        return writing->error;
    }
    writing->error = file_write(writing->fd, buf->data, buf->size);
    buf_reset(buf);
    return writing->error;
}

static int plan_file_write_to(void *userdata, int fd, Err *err)
{
    PlanWriting *writing = userdata;
    char made[CLOCK_RFC3339_SIZE], sum[DIGEST_HEX_SIZE];
    FlushedSource flushed = {writing->report, plan_file_flush, writing};
    ReportSource source = report_source_flushed(&flushed);
    _cleanup_(buf_done) Buf text = {0};
    int r;

    writing->fd = fd;
    writing->err = err;
    clock_format_rfc3339(writing->made_usec, made);
    r = plan_file_sum(writing->report, made, sum);
    if (r == 0)
        r = plan_file_put(&source, made, sum, &text);
    if (writing->error < 0)
        return writing->error;
    return r < 0 ? err_memory(err) : plan_file_flush(writing, &text);
}

int plan_file_write(const ReportSource *report, uint64_t made_usec, const char *path, Err *err)
{
    PlanWriting writing = {.report = report, .path = path, .made_usec = made_usec};

    return file_replace(path, plan_file_write_to, &writing, err);
}

/* ---- reading ---- */

static int plan_file_damaged(const char *path, const char *what, Err *err)
{
    return err_set(err, -EBADMSG, "%s: the plan is damaged (%s): " ADVICE, path, what);
}

static int plan_file_check_version(const char *path, const Json *root, Err *err)
{
    const Json *version = json_find(root, PLAN_FILE_KEY);
    int64_t number = 0;

    if (json_get_integer(version, 1, INT64_MAX, &number) < 0)
        return err_set(err, -EBADMSG, "%s: is no plan of rosterd: " ADVICE, path);
    if (number != PLAN_FILE_VERSION)
        return err_set(err, -EBADMSG,
                       "%s: is a plan of version %" PRId64
                       ", this rosterd reads version %d: " ADVICE,
                       path, number, PLAN_FILE_VERSION);
    return 0;
}

static int plan_file_check_sum(const char *path, const Json *root, Err *err)
{
    const Json *report = json_find(root, "report");
    char sum[DIGEST_HEX_SIZE];

    if (!json_is_object(report))
        return plan_file_damaged(path, "it has no report", err);
    if (plan_file_sum(&(ReportSource){.root = report}, row_text(root, "made"), sum) < 0)
        return err_memory(err);
    if (!str_equal(sum, row_text(root, "sum")))
        return plan_file_damaged(path, "its sum is not that of its content", err);
    if (!row_is_true(report, "dry_run"))
        return plan_file_damaged(path, "its report is not of a dry run", err);
    return 0;
}

/* The key of the instance that a channel of the report is of; "": it is not told. */
static const char *plan_file_key(const Json *report, const Json *channel)
{
    for (size_t i = 0; i < row_count(report, "instances"); i++) {
        const Json *instance = row_at(report, "instances", i);

        if (str_equal(row_text(instance, "name"), row_text(channel, "instance")))
            return row_text(instance, "key");
    }
    return "";
}

/* The members that the plan enables: those that it shows as changed from disabled to enabled. */
static int plan_file_read_enabled(PlanFile *file, const Json *channel, ChosenPlan *plan)
{
    size_t count = row_count(channel, "changed");
    const char **ids = arena_alloc(&file->arena, (count + 1) * sizeof(*ids));

    if (!ids)
        return -ENOMEM;
    plan->enabled = ids;
    for (size_t i = 0; i < count; i++) {
        const Json *row = row_at(channel, "changed", i);
        const Json *enabled = json_find(json_find(row, "fields"), "enabled");

        if (!json_is_false(json_find(enabled, "live")))
            continue;
        ids[plan->enabled_count] = arena_string(&file->arena, row_text(row, "id"));
        if (!ids[plan->enabled_count++])
            return -ENOMEM;
    }
    return 0;
}

/* 1 where the channel has a plan, 0 where it has none, or negative. */
static int plan_file_read_channel(PlanFile *file, const char *path, const Json *report,
                                  const Json *channel, ChosenPlan *ret_plan, Err *err)
{
    const char *digest, *id, *key = plan_file_key(report, channel);

    if (json_get_optional_string(json_find(channel, "digest"), &digest) < 0 ||
        json_get_optional_string(json_find(channel, "id"), &id) < 0 ||
        !json_is_array(json_find(channel, "changed")))
        return plan_file_damaged(path, "a channel's digest, id or changes are of another type",
                                 err);
    *ret_plan = (ChosenPlan){
        .instance_key = arena_string(&file->arena, key),
        .channel_id = arena_string(&file->arena, id),
        .digest = arena_string(&file->arena, digest),
    };
    if (!ret_plan->instance_key || !ret_plan->channel_id || !ret_plan->digest ||
        plan_file_read_enabled(file, channel, ret_plan) < 0)
        return err_memory(err);
    if (!digest[0] && ret_plan->enabled_count == 0)
        return 0;
    if ((digest[0] && !digest_is_hex(digest, DIGEST_WHOLE)) || !id[0] || !key[0])
        return plan_file_damaged(path, "a channel's digest, id or instance is odd", err);
    return 1;
}

static int plan_file_compare(const void *a, const void *b)
{
    const ChosenPlan *one = a, *other = b;
    int order = strcmp(one->channel_id, other->channel_id);

    return order ? order : strcmp(one->instance_key, other->instance_key);
}

/* A channel has one plan: of two, nobody could say which one was reviewed. */
static int plan_file_check_twice(const char *path, ChosenPlan *plans, size_t count, Err *err)
{
    qsort(plans, count, sizeof(*plans), plan_file_compare);
    for (size_t i = 1; i < count; i++) {
        if (plan_file_compare(&plans[i - 1], &plans[i]) == 0)
            return plan_file_damaged(path, "a channel has two plans", err);
    }
    return 0;
}

static int plan_file_read_channels(PlanFile *file, const char *path, const Json *report, Err *err)
{
    size_t count = row_count(report, "channels");
    ChosenPlan *plans = arena_alloc(&file->arena, (count + 1) * sizeof(*plans));

    if (!plans)
        return err_memory(err);
    if (!json_is_array(json_find(report, "channels")))
        return plan_file_damaged(path, "its report has no list of channels", err);
    file->chosen.plans = plans;
    for (size_t i = 0; i < count; i++) {
        int r = plan_file_read_channel(file, path, report, row_at(report, "channels", i),
                                       &plans[file->chosen.count], err);

        if (r < 0)
            return r;
        file->chosen.count += (size_t)r;
    }
    return plan_file_check_twice(path, plans, file->chosen.count, err);
}

int plan_file_parse(const char *path, const Buf *text, PlanFile *ret_file, Err *err)
{
    _cleanup_(json_freep) Json *root = NULL;
    int r;

    *ret_file = (PlanFile){0};
    r = json_parse_once(buf_text(text), text->size, &root, err);
    if (r == -ENOMEM)
        return err_memory(err);
    if (r < 0)
        return err_context(err, -EBADMSG, "%s: is no plan, or a damaged one (" ADVICE ")", path);
    r = plan_file_check_version(path, root, err);
    if (r == 0)
        r = plan_file_check_sum(path, root, err);
    if (r < 0)
        return r;
    if (clock_parse_rfc3339(row_text(root, "made"), &ret_file->chosen.made_usec) < 0)
        return plan_file_damaged(path, "the time when it was made is odd", err);
    return plan_file_read_channels(ret_file, path, json_find(root, "report"), err);
}

int plan_file_read(const char *path, PlanFile *ret_file, Err *err)
{
    _cleanup_(buf_done) Buf text = {0};
    int r;

    *ret_file = (PlanFile){0};
    r = file_read(path, PLAN_FILE_SIZE_MAX, &text, err);
    return r < 0 ? r : plan_file_parse(path, &text, ret_file, err);
}
