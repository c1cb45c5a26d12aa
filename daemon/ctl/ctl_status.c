/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/cli/control_path.h"
#include "daemon/cli/exit_status.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/http/unix_client.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/page.h"
#include "daemon/report/row.h"
#include "daemon/report/status_text.h"
#include "reconcile/report/report.h"

#define WATCH_SEC 2

/* Of an instance that is another host's: what its owner has told. One that nobody owns is not
 * looked after. */
static Result ctl_status_elsewhere(const Json *instance)
{
    const Json *fleet = json_find(instance, "fleet");
    const char *word = row_text(json_find(fleet, "record"), "result");

    if (!row_text(fleet, "owner")[0])
        return RESULT_FAILED;
    return word[0] ? report_result_of(word) : RESULT_DRIFT;
}

/* As `rosterd --once` exits; a channel that no pass has read yet is drift that may be. */
static int ctl_status_exit(const Json *root)
{
    Result worst = row_text(root, "state_error")[0] ? RESULT_FAILED : RESULT_IN_SYNC;

    if (row_text(root, "invalid")[0])
        return EXIT_INVALID;
    for (size_t i = 0; i < row_count(root, "instances"); i++) {
        const Json *instance = row_at(root, "instances", i);

        if (row_is_elsewhere(instance))
            worst = report_worse(worst, ctl_status_elsewhere(instance));
    }
    for (size_t i = 0; i < row_count(root, "channels"); i++) {
        const char *word = row_text(row_at(root, "channels", i), "result");
        Result result = word[0] ? report_result_of(word) : RESULT_DRIFT;

        if (!row_is_elsewhere(row_at(root, "channels", i)))
            worst = report_worse(worst, result);
    }
    return report_exit_status_of(worst);
}

/* What is asked: of all channels for people their numbers alone, of one all there is; `list`: rows
 * of that alone, from `from` on. */
static int ctl_status_ask(const Options *options, const char *list, size_t from, Json **ret_root,
                          Err *err)
{
    _cleanup_(buf_done) Buf target = {0};

    buf_puts(&target, CONTROL_PATH_STATUS);
    if (options->channel) {
        buf_puts(&target, "?channel=");
        unix_client_append_escaped(&target, options->channel);
    } else if (!options->json) {
        buf_puts(&target, "?rows=0");
    }
    if (list)
        buf_printf(&target, "&list=%s&from=%zu", list, from);
    return buf_failed(&target) < 0 ? err_memory(err) : ctl_get(options, target.data, ret_root, err);
}

/* ---- printing ---- */

/* An answer that is printed, and the pages of its long lists while they come. */
typedef struct StatusOutput {
    const Options *options;
    const Json *root; /* the answer */
    Json *page;       /* the page that was asked for last */
    Buf buf;          /* what is to be printed next */
    int status;       /* the exit status, once it is bad */
    Err err;
} StatusOutput;

static void status_output_done(StatusOutput *output)
{
    json_free(output->page);
    buf_done(&output->buf);
}

static void ctl_status_flush(StatusOutput *output)
{
    if (output->status == EXIT_IN_SYNC)
        output->status = buf_failed(&output->buf) < 0 ? ctl_no_memory() : ctl_print(&output->buf);
    buf_reset(&output->buf);
}

/* Which pass, and of which reading, an answer about one channel tells. */
static bool ctl_status_is_same(const Json *a, const Json *b)
{
    const Json *one = row_at(a, "channels", 0), *other = row_at(b, "channels", 0);
    bool is_same = str_equal(row_text(one, "listed"), row_text(other, "listed")) &&
                   str_equal(row_text(one, "digest"), row_text(other, "digest"));

    for (size_t i = 0; i < row_count(a, "instances"); i++)
        is_same = is_same && str_equal(row_text(row_at(a, "instances", i), "last_pass"),
                                       row_text(row_at(b, "instances", i), "last_pass"));
    return is_same;
}

/* The channel of the next page, after what stands before it is printed. */
static const Json *ctl_status_page(void *userdata, const char *list, size_t from)
{
    StatusOutput *output = userdata;
    const Json *channel;
    int r;

    ctl_status_flush(output);
    json_free(TAKE_PTR(output->page));
    if (output->status != EXIT_IN_SYNC)
        return NULL;
    r = ctl_status_ask(output->options, list, from, &output->page, &output->err);
    if (r < 0) {
        err_context(&output->err, r, "what is shown is not all of it");
        output->status = ctl_say(EXIT_FAILED, output->err.text);
        return NULL;
    }
    channel = row_at(output->page, "channels", 0);
    if (ctl_status_is_same(output->root, output->page) && row_count(channel, list) > 0)
        return channel;
    output->status = ctl_say(EXIT_FAILED, "what is shown is not all of it: a pass has ended "
                                          "meanwhile, ask again");
    return NULL;
}

/* A list of the channel, whole. */
static void ctl_status_put_list(StatusOutput *output, JsonWriter *writer, const char *list,
                                const Json *channel)
{
    size_t number = 0;

    json_open_array(writer, list);
    while (channel) {
        const Json *rows = json_find(channel, list);

        for (size_t i = 0; i < json_length(rows); i++, number++)
            json_put_value(writer, NULL, json_at(rows, i));
        channel = row_more(channel, list) > 0 ? ctl_status_page(output, list, number) : NULL;
    }
    json_close_array(writer);
}

static void ctl_status_put_channels(StatusOutput *output, JsonWriter *writer, const Json *channels)
{
    json_open_array(writer, "channels");
    for (size_t i = 0; i < json_length(channels); i++) {
        const Json *channel = json_at(channels, i);
        JsonField field = json_fields(channel);

        json_open_object(writer, NULL);
        while (json_next(&field)) {
            if (row_more(channel, field.key) > 0)
                ctl_status_put_list(output, writer, field.key, channel);
            else if (!str_equal(field.key, "more"))
                json_put_value(writer, field.key, field.value);
        }
        json_close_object(writer);
    }
    json_close_array(writer);
}

/* The answer about one channel, with all rows of its lists. */
static void ctl_status_put_whole(StatusOutput *output)
{
    JsonWriter writer = {.buf = &output->buf};
    JsonField field = json_fields(output->root);

    json_open_object(&writer, NULL);
    while (json_next(&field) && output->status == EXIT_IN_SYNC) {
        if (str_equal(field.key, "channels"))
            ctl_status_put_channels(output, &writer, field.value);
        else
            json_put_value(&writer, field.key, field.value);
    }
    json_close_object(&writer);
    json_end(&writer);
}

static int ctl_status_print(const Options *options, const Json *root)
{
    _cleanup_(status_output_done) StatusOutput output = {.options = options, .root = root};
    const MembersMore more = {ctl_status_page, &output};
    const StatusTextOptions text = {
        .colour = page_wants_colour(),
        .problems = options->problems,
        .is_single = options->channel,
        .more = &more,
    };
    int r = 0;

    if (options->json && options->channel)
        ctl_status_put_whole(&output);
    else if (options->json)
        r = json_append(root, &output.buf);
    else
        r = status_text_append(root, &text, &output.buf);
    if (r < 0 && output.status == EXIT_IN_SYNC)
        output.status = ctl_no_memory();
    /* Of what broke off, no end is printed. */
    ctl_status_flush(&output);
    return output.status;
}

static int ctl_status_once(const Options *options)
{
    _cleanup_(json_freep) Json *root = NULL;
    Err err = {0};
    int r = ctl_status_ask(options, NULL, 0, &root, &err), status;

    status = r < 0 ? ctl_fail(r, &err) : ctl_status_print(options, root);
    if (status == EXIT_IN_SYNC && options->exit_code)
        status = ctl_status_exit(root);
    return status;
}

/* Until it is interrupted, or the daemon is gone. */
static int ctl_status_watch(const Options *options)
{
    const struct timespec pause = {.tv_sec = WATCH_SEC};
    bool is_terminal = isatty(STDOUT_FILENO) == 1;
    int status;

    do {
        if (is_terminal)
            fputs("\033[H\033[2J", stdout);
        status = ctl_status_once(options);
        if (!is_terminal && !options->json)
            puts("");
        fflush(stdout);
    } while (status == EXIT_IN_SYNC && nanosleep(&pause, NULL) == 0);
    return status;
}

int ctl_status(const Options *options)
{
    return options->watch ? ctl_status_watch(options) : ctl_status_once(options);
}
