/* SPDX-License-Identifier: MIT */
/* What pipelines show beside the lines of a merge request:
 * docs.github.com, "Workflow commands for GitHub Actions", and docs.gitlab.com, "Code Quality". */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/digest.h"
#include "daemon/base/map.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/validation.h"

/* ---- GitHub ---- */

/* What the runner takes back as it was written, in data and in properties (toolkit's command.ts).
 * Whatever else steers a terminal is shown as utf8_append_shown() shows it. */
#define OF_DATA "%\r\n"
#define OF_PROPERTY "%\r\n:,"

static void append_escaped(Buf *buf, const char *text, const char *escaped)
{
    _cleanup_(buf_done) Buf part = {0};

    while (*text) {
        size_t length = strcspn(text, escaped);

        buf_reset(&part);
        buf_append(&part, text, length);
        utf8_append_shown(buf, buf_text(&part));
        text += length;
        if (*text)
            buf_printf(buf, "%%%02X", (unsigned int)(unsigned char)*text++);
        buf->failed |= buf_failed(&part) < 0;
    }
}

static void append_command(Buf *buf, const Problem *problem, const char *command)
{
    buf_printf(buf, "::%s file=", command);
    append_escaped(buf, validation_path(problem->file), OF_PROPERTY);
    if (problem->line > 0)
        buf_printf(buf, ",line=%zu,col=%zu", problem->line, problem->column);
    buf_puts(buf, "::");
    append_escaped(buf, problem->text, OF_DATA);
    buf_putc(buf, '\n');
}

int validation_append_github(const Validation *validation, Buf *buf)
{
    _cleanup_(validation_list_done) ValidationList list = {0};
    int r = validation_list(validation, &list);

    if (r < 0)
        return r;
    for (size_t i = 0; i < list.error_count; i++)
        append_command(buf, list.errors[i], "error");
    for (size_t i = 0; i < list.warning_count; i++)
        append_command(buf, list.warnings[i], "warning");
    if (validation->problems->dropped > 0)
        buf_printf(buf, "::error::%zu more problems are not shown\n",
                   validation->problems->dropped);
    validation_append_totals(validation, &list, buf);
    buf_putc(buf, '\n');
    return buf_failed(buf);
}

/* ---- GitLab ---- */

/* Fingerprints are the same in each run, wherever the lines move, and differ among themselves: they
 * go by file, key and message without its numbers, such as lines, and of mistakes that are alike in
 * one file each has a number of its own. */
typedef struct Fingerprints {
    Map counts; /* what they are of -> how many there were */
    Arena arena;
} Fingerprints;

static void fingerprints_done(Fingerprints *fingerprints)
{
    map_done(&fingerprints->counts);
    arena_done(&fingerprints->arena);
}

#define DIGITS "0123456789"

static int fingerprint(Fingerprints *fingerprints, const Problem *problem,
                       char ret_hex[static DIGEST_HEX_SIZE])
{
    _cleanup_(buf_done) Buf of = {0};
    size_t *count;

    buf_puts(&of, validation_path(problem->file));
    buf_putc(&of, '\0');
    buf_append(&of, problem->text, problem->key_size);
    for (const char *rest = problems_message(problem); *rest; rest += strspn(rest, DIGITS)) {
        size_t size = strcspn(rest, DIGITS);

        buf_append(&of, rest, size);
        buf_putc(&of, '#');
        rest += size;
    }
    if (buf_failed(&of) < 0)
        return -ENOMEM;
    count = map_find(&fingerprints->counts, of.data, of.size);
    if (!count) {
        const char *key = arena_copy(&fingerprints->arena, of.data, of.size);

        count = arena_alloc(&fingerprints->arena, sizeof(*count));
        if (!count || !key || map_put(&fingerprints->counts, key, of.size, count) < 0)
            return -ENOMEM;
        *count = 0;
    }
    buf_putc(&of, '\0');
    buf_printf(&of, "%zu", ++*count);
    return buf_failed(&of) < 0 ? -ENOMEM : digest_sha256_hex(of.data, of.size, ret_hex);
}

static void put_violation(JsonWriter *writer, Fingerprints *fingerprints, const Problem *problem,
                          const char *severity)
{
    char hex[DIGEST_HEX_SIZE] = "";

    writer->buf->failed |= fingerprint(fingerprints, problem, hex) < 0;
    json_open_object(writer, NULL);
    json_put_string(writer, "description", problem->text);
    json_put_string(writer, "check_name", "rosterctl-validate");
    json_put_string(writer, "fingerprint", hex);
    json_put_string(writer, "severity", severity);
    json_open_object(writer, "location");
    json_put_string(writer, "path", validation_path(problem->file));
    json_open_object(writer, "lines");
    json_put_number(writer, "begin", problem->line > 0 ? problem->line : 1);
    json_close_object(writer);
    json_close_object(writer);
    json_close_object(writer);
}

/* Of very many mistakes, the last one tells how many are not listed. */
static int put_rest(JsonWriter *writer, Fingerprints *fingerprints, const Problems *problems)
{
    Problem rest = {.file = problems->items[problems->count - 1].file};

    if (asprintf(&rest.text, "%zu more problems are not shown", problems->dropped) < 0)
        return -ENOMEM;
    put_violation(writer, fingerprints, &rest, "major");
    free(rest.text);
    return 0;
}

int validation_append_gitlab(const Validation *validation, Buf *buf)
{
    _cleanup_(validation_list_done) ValidationList list = {0};
    _cleanup_(fingerprints_done) Fingerprints fingerprints = {0};
    JsonWriter writer = {.buf = buf};
    int r = validation_list(validation, &list);

    if (r < 0)
        return r;
    json_open_array(&writer, NULL);
    for (size_t i = 0; i < list.error_count; i++)
        put_violation(&writer, &fingerprints, list.errors[i], "major");
    for (size_t i = 0; i < list.warning_count; i++)
        put_violation(&writer, &fingerprints, list.warnings[i], "minor");
    if (validation->problems->dropped > 0)
        r = put_rest(&writer, &fingerprints, validation->problems);
    json_close_array(&writer);
    return r < 0 ? r : json_end(&writer);
}
