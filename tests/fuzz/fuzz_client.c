/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what rosterctl does with an answer on the control socket, whoever gives it. The first byte
 * chooses how it is shown and whether headers stand before the JSON. Any answer is taken whole or
 * refused with a reason, and nothing that steers a terminal is printed of it.
 */
#include <assert.h>
#include <errno.h>
#include <locale.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/http/unix_client.h"
#include "daemon/json/json_parser.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/channel_text.h"
#include "daemon/report/history_text.h"
#include "daemon/report/html.h"
#include "daemon/report/kept.h"
#include "daemon/report/markdown.h"
#include "daemon/report/row.h"
#include "daemon/report/status_text.h"
#include "daemon/report/text.h"
#include "tests/fuzz/shown.h"

#define HAS_HEADERS 0x80U

int LLVMFuzzerInitialize(int *argument_count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Tables are as wide as what is shown, which depends on the locale. */
int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    setlocale(LC_CTYPE, "C.UTF-8");
    return 0;
}

/* ---- showing it ---- */

static int show_report(const Json *root, Buf *buf)
{
    return report_text_append(&(ReportSource){.root = root}, &(TextOptions){0}, buf);
}

static int show_all_of_report(const Json *root, Buf *buf)
{
    return report_text_append(&(ReportSource){.root = root}, &(TextOptions){.verbose = true}, buf);
}

static int show_markdown(const Json *root, Buf *buf)
{
    int r =
        report_markdown_append(&(ReportSource){.root = root}, &(TextOptions){.verbose = true}, buf);

    assert(buf->size <= MARKDOWN_SIZE_MAX);
    return r;
}

static int show_html(const Json *root, Buf *buf)
{
    return report_html_append(&(ReportSource){.root = root}, &(TextOptions){.verbose = true}, buf);
}

static int show_status(const Json *root, Buf *buf)
{
    return status_text_append(root, &(StatusTextOptions){0}, buf);
}

static int show_problems(const Json *root, Buf *buf)
{
    return status_text_append(root, &(StatusTextOptions){.problems = true}, buf);
}

static int show_channel(const Json *root, Buf *buf)
{
    return status_text_append(root, &(StatusTextOptions){.is_single = true}, buf);
}

static int show_history(const Json *root, Buf *buf)
{
    HistoryText text = {0};
    int r = history_text_append(&text, root, buf);

    return r < 0 ? r : history_text_append(&text, root, buf);
}

static int show_undo(const Json *root, Buf *buf)
{
    return history_text_undo(&(ReportSource){.root = root}, false, buf);
}

/* As `approve` does. */
static int show_plans(const Json *root, Buf *buf)
{
    const ChannelTextOptions options = {.is_one_of = row_count(root, "instances") > 0};
    const Page page = {.buf = buf};

    for (size_t i = 0; i < row_count(root, "instances"); i++)
        channel_text_instance(&page, row_at(root, "instances", i));
    for (size_t i = 0; i < row_count(root, "channels"); i++)
        channel_text_append(&page, row_at(root, "channels", i), &options);
    return buf_failed(buf);
}

static int (*const shows[])(const Json *root, Buf *buf) = {
    show_report, show_status, show_problems,      show_channel,  show_history, show_undo,
    show_plans,  json_append, show_all_of_report, show_markdown, show_html,
};

/* ---- what is true of it ---- */

/* What is read at once is shown as the same where it is kept; a channel that is no object is none.
 */
static void check_kept(const char *text, size_t size, const Json *root)
{
    _cleanup_(kept_freep) Kept *kept = NULL;
    _cleanup_(buf_done) Buf shown = {0}, read = {0};
    size_t first = size / 2;
    Err err = {0};
    int r = kept_new(&kept, &err);

    assert(r == 0);
    r = kept_take(kept, text, first, &err);
    if (r == 0)
        r = kept_take(kept, text + first, size - first, &err);
    if (r == 0)
        r = kept_end(kept, &err);
    assert(r == 0 || (r == -EPROTO && err_is_set(&err)));
    for (size_t i = 0; root && i < row_count(root, "channels"); i++) {
        if (!json_is_object(row_at(root, "channels", i)))
            return;
    }
    assert(!root || r == 0);
    if (r < 0)
        return;
    r = report_source_append(&(ReportSource){kept_root(kept), kept_channel, NULL, kept}, &shown);
    assert(r == 0 && (!root || (json_append(root, &read) == 0 &&
                                strcmp(buf_text(&shown), buf_text(&read)) == 0)));
}

static void check_json(const char *text, size_t size, unsigned int view)
{
    _cleanup_(json_freep) Json *root = NULL;
    _cleanup_(buf_done) Buf shown = {0};
    Err err = {0};
    int r = json_parse_once(text, size, &root, &err);

    assert(r == 0 || (r == -EPROTO && err_is_set(&err) && !root));
    check_kept(text, size, root);
    if (r < 0)
        return;
    assert(shows[view % ELEMENTS(shows)](root, &shown) == 0);
    shown_check(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(buf_done) Buf answer = {0}, body = {0};
    int status = 0, r = 0;
    Err err = {0};

    if (size == 0)
        return 0;
    buf_append(data[0] & HAS_HEADERS ? &answer : &body, data + 1, size - 1);
    if (data[0] & HAS_HEADERS)
        r = unix_client_parse(&answer, &status, &body, &err);
    assert(r == 0 || ((r == -EPROTO || r == -EIO) && err_is_set(&err) && body.size == 0));
    assert(r < 0 || !(data[0] & HAS_HEADERS) || (status >= 0 && status <= 999));
    if (r == 0)
        check_json(buf_text(&body), body.size, data[0] & ~HAS_HEADERS);
    return 0;
}
