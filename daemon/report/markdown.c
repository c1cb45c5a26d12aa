/* SPDX-License-Identifier: MIT */
#include "daemon/report/markdown.h"

#include <ctype.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/base/utf8.h"
#include "daemon/report/channel_text.h"
#include "daemon/report/html.h"
#include "daemon/report/outline.h"

/* Room for what is said last, of what is left out. */
#define LAST_SIZE 400U

/* What a folded or fenced list has around its lines at most, but for its heading. */
#define AROUND_SIZE 200U

/* What stands above the table may take as much of it. */
#define INSTANCES_SIZE (MARKDOWN_SIZE_MAX / 4)

typedef struct Markdown {
    Buf *buf;
    size_t begun; /* where it begins in the buffer */
    size_t rows_left, lists_left, members_left, lines_left;
} Markdown;

static size_t markdown_room(const Markdown *markdown)
{
    size_t used = markdown->buf->size - markdown->begun + LAST_SIZE;

    return used < MARKDOWN_SIZE_MAX ? MARKDOWN_SIZE_MAX - used : 0;
}

/* ---- what is literal ---- */

/* The longest run of backticks. */
static size_t markdown_ticks(const char *text)
{
    size_t longest = 0, run = 0;

    for (; *text; text++) {
        run = *text == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void markdown_repeat(Buf *buf, char byte, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_putc(buf, byte);
}

/* In a span of code no sign means anything, but that a bar ends the cell of a table, and that
 * parsers differ in how it is escaped there behind a backslash. */
static void markdown_append_span(Buf *buf, const char *text)
{
    size_t ticks = markdown_ticks(text) + 1;
    size_t length = strlen(text);
    bool needs_space =
        text[0] == '`' || text[0] == ' ' || text[length - 1] == '`' || text[length - 1] == ' ';

    markdown_repeat(buf, '`', ticks);
    buf_puts(buf, needs_space ? " " : "");
    buf_puts(buf, text);
    buf_puts(buf, needs_space ? " " : "");
    markdown_repeat(buf, '`', ticks);
}

/* As references to characters, which mean nothing but themselves. Behind an '@' stands an empty
 * comment: what looks like an address of mail is made a link after they are read. */
static void markdown_append_references(Buf *buf, const char *text)
{
    buf_puts(buf, "<code>");
    for (; *text; text++) {
        if (ispunct((unsigned char)*text) && (unsigned char)*text < 0x80)
            buf_printf(buf, "&#%d;%s", *text, *text == '@' ? "<!-- -->" : "");
        else
            buf_putc(buf, *text);
    }
    buf_puts(buf, "</code>");
}

static void markdown_append_code(Buf *buf, const char *text)
{
    _cleanup_(buf_done) Buf shown = {0};

    utf8_append_shown(&shown, text);
    buf->failed = buf->failed || shown.failed;
    if (shown.size == 0)
        buf_putc(buf, '-');
    else if (strchr(shown.data, '|'))
        markdown_append_references(buf, shown.data);
    else
        markdown_append_span(buf, shown.data);
}

/* ---- lists ---- */

static bool markdown_is_member(const char *line)
{
    return line[0] && strchr("-+~?", line[0]) && line[1] == ' ';
}

/* Appends lines of `text` without their indent, up to so many bytes, and counts the rest. */
static void markdown_append_lines(Markdown *markdown, char *text, size_t size_max)
{
    size_t end = markdown->buf->size + size_max;
    char *rest;

    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        line += str_has_prefix(line, "  ") ? 2 : 0;
        if (markdown->buf->size + strlen(line) < end) {
            buf_printf(markdown->buf, "%s\n", line);
            continue;
        }
        end = 0;
        if (markdown_is_member(line))
            markdown->members_left++;
        else
            markdown->lines_left++;
    }
}

static size_t markdown_fence(const Buf *text)
{
    size_t ticks = markdown_ticks(buf_text(text)) + 1;

    return ticks < 3 ? 3 : ticks;
}

/* A block of code, whose fence is longer than any in it, with so many bytes of lines. */
static void markdown_append_fenced(Markdown *markdown, Buf *text, const char *language,
                                   size_t size_max)
{
    size_t fence = markdown_fence(text);

    markdown_repeat(markdown->buf, '`', fence);
    buf_printf(markdown->buf, "%s\n", language);
    if (text->size > 0)
        markdown_append_lines(markdown, text->data, size_max);
    markdown_repeat(markdown->buf, '`', fence);
    buf_putc(markdown->buf, '\n');
}

/* A channel's members and what holds them, folded: all of it, or as much as there is room for. */
static void markdown_append_list(Markdown *markdown, const Json *channel, bool verbose,
                                 bool is_one_of)
{
    const ChannelTextOptions options = {.verbose = verbose, .is_one_of = is_one_of};
    _cleanup_(buf_done) Buf body = {0}, heading = {0}, escaped = {0};
    size_t around, room = markdown_room(markdown);

    channel_text_body(&(Page){.buf = &body}, channel, &options);
    channel_text_heading(&(Page){.buf = &heading}, channel, verbose);
    report_html_escape(&escaped, buf_text(&heading));
    markdown->buf->failed =
        markdown->buf->failed || body.failed || heading.failed || escaped.failed;
    around = escaped.size + AROUND_SIZE + 2 * markdown_fence(&body);
    if (room > around) {
        buf_printf(markdown->buf, "\n<details><summary><code>%s</code></summary>\n\n",
                   buf_text(&escaped));
        markdown_append_fenced(markdown, &body, "diff", room - around);
        buf_puts(markdown->buf, "\n</details>\n");
        return;
    }
    markdown->lists_left++;
    if (body.size > 0)
        markdown_append_lines(markdown, body.data, 0);
}

/* ---- the table ---- */

static void markdown_append_titles(Buf *buf)
{
    for (size_t i = 0; i < OUTLINE_COLUMNS; i++)
        buf_printf(buf, "| %s ", outline_titles[i] + (outline_titles[i][0] == '#'));
    buf_puts(buf, "|\n");
    for (size_t i = 0; i < OUTLINE_COLUMNS; i++)
        buf_puts(buf, outline_titles[i][0] == '#' ? "| ---: " : "| :--- ");
    buf_puts(buf, "|\n");
}

/* Numbers and the words of results need no code around them. */
static void markdown_append_cell(Buf *buf, OutlineColumn column, const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz 0123456789";
    bool is_ours = column != OUTLINE_CHANNEL && column != OUTLINE_WHY && strlen(text) < 20;

    if (is_ours && text[0] && text[strspn(text, letters)] == '\0')
        buf_puts(buf, text);
    else
        markdown_append_code(buf, text);
}

static void markdown_append_row(Markdown *markdown, const Json *channel)
{
    _cleanup_(buf_done) Buf line = {0};
    OutlineRow row;

    outline_fill_row(channel, &row);
    for (OutlineColumn column = 0; column < OUTLINE_COLUMNS; column++) {
        buf_puts(&line, "| ");
        markdown_append_cell(&line, column, row.cells[column]);
        buf_putc(&line, ' ');
    }
    buf_puts(&line, "|\n");
    markdown->buf->failed = markdown->buf->failed || line.failed;
    if (markdown->rows_left == 0 && line.size < markdown_room(markdown))
        buf_append(markdown->buf, buf_text(&line), line.size);
    else
        markdown->rows_left++;
}

static void markdown_append_table(Markdown *markdown, const Outline *outline)
{
    bool is_first = true;

    for (size_t i = 0; i < row_count(outline->root, "channels"); i++) {
        if (!outline_has_row(outline, i))
            continue;
        if (is_first) {
            buf_putc(markdown->buf, '\n');
            markdown_append_titles(markdown->buf);
        }
        is_first = false;
        markdown_append_row(markdown, row_at(outline->root, "channels", i));
    }
}

/* ---- all of it ---- */

static void markdown_append_totals(Buf *buf, const Json *root)
{
    _cleanup_(buf_done) Buf totals = {0};

    report_text_totals(&(Page){.buf = &totals}, root);
    buf->failed = buf->failed || totals.failed;
    buf_printf(buf, "**%.*s**\n", (int)strcspn(buf_text(&totals), "\n"), buf_text(&totals));
}

static void markdown_append_instances(Markdown *markdown, const Outline *outline)
{
    _cleanup_(buf_done) Buf text = {0};

    outline_append_instances(outline, &(Page){.buf = &text});
    markdown->buf->failed = markdown->buf->failed || text.failed;
    if (text.size == 0)
        return;
    if (2 * markdown_fence(&text) > INSTANCES_SIZE) {
        markdown_append_lines(markdown, text.data, 0);
        return;
    }
    buf_putc(markdown->buf, '\n');
    markdown_append_fenced(markdown, &text, "text", INSTANCES_SIZE);
}

static void markdown_append_left(const Markdown *markdown)
{
    const struct {
        size_t count;
        const char *one, *many;
    } left[] = {
        {markdown->rows_left, "row of the table", "rows of the table"},
        {markdown->lists_left, "channel's list", "channels' lists"},
        {markdown->members_left, "member", "members"},
        {markdown->lines_left, "other line", "other lines"},
    };
    const char *before = "\n**Left out, for a comment may not be longer:**";

    for (size_t i = 0; i < ELEMENTS(left); i++) {
        if (left[i].count == 0)
            continue;
        buf_printf(markdown->buf, "%s %zu %s", before, left[i].count,
                   left[i].count == 1 ? left[i].one : left[i].many);
        before = ",";
    }
    if (before[0] == ',')
        buf_puts(markdown->buf, ". `rosterctl plan` shows all of it.\n");
}

static void markdown_append_lists(Markdown *markdown, const Outline *outline,
                                  const ReportSource *source)
{
    for (size_t i = 0; i < row_count(outline->root, "channels"); i++) {
        const Json *channel;

        if (!outline_has_row(outline, i))
            continue;
        channel = report_source_channel(source, i, markdown->buf);
        if (!channel)
            return;
        markdown_append_list(markdown, channel, outline->verbose,
                             row_count(outline->root, "instances") > 0);
    }
}

int report_markdown_append(const ReportSource *source, const TextOptions *options, Buf *buf)
{
    Markdown markdown = {.buf = buf, .begun = buf->size};
    Outline outline;
    int r = outline_init(&outline, source->root, options->verbose);

    if (r == 0) {
        markdown_append_totals(buf, source->root);
        markdown_append_instances(&markdown, &outline);
        markdown_append_table(&markdown, &outline);
        if (!options->summary)
            markdown_append_lists(&markdown, &outline, source);
        markdown_append_left(&markdown);
    }
    outline_done(&outline);
    return r < 0 ? r : buf_failed(buf);
}
