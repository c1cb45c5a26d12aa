/* SPDX-License-Identifier: MIT */
#include "daemon/report/html.h"

#include <string.h>

#include "daemon/base/str.h"
#include "daemon/base/utf8.h"
#include "daemon/report/channel_text.h"
#include "daemon/report/outline.h"
#include "reconcile/report/report.h"

static const char html_head[] =
    "<!doctype html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<title>rosterd: plan</title>\n"
    "<style>\n"
    ":root { --text: #1b1f24; --back: #fff; --line: #c9ced6; --quiet: #57606a;\n"
    "  --good: #116329; --warn: #7d4e00; --bad: #a40e26; color-scheme: light dark; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  :root { --text: #e6e9ee; --back: #14171c; --line: #3d444d; --quiet: #9ea7b3;\n"
    "    --good: #56d364; --warn: #e3b341; --bad: #ff7b72; } }\n"
    "* { box-sizing: border-box; }\n"
    "body { margin: 0 auto; max-width: 72rem; padding: 1rem; color: var(--text);\n"
    "  background: var(--back); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }\n"
    "h1 { font-size: 1.4rem; margin: 0 0 .5rem; }\n"
    "pre { margin: .25rem 0; white-space: pre-wrap; overflow-wrap: anywhere;\n"
    "  font: .875rem/1.5 ui-monospace, monospace; }\n"
    "table { border-collapse: collapse; width: 100%; margin: 1rem 0; }\n"
    "th, td { text-align: left; vertical-align: top; padding: .25rem .5rem;\n"
    "  border-bottom: 1px solid var(--line); }\n"
    ".number { text-align: right; font-variant-numeric: tabular-nums; }\n"
    "details { border-top: 1px solid var(--line); padding: .25rem 0; }\n"
    "summary { cursor: pointer; font-weight: 600; }\n"
    ".quiet { color: var(--quiet); } .good { color: var(--good); }\n"
    ".warn { color: var(--warn); } .bad { color: var(--bad); }\n"
    "@media screen and (max-width: 44rem) {\n"
    "  thead { position: absolute; width: 1px; height: 1px; overflow: hidden;\n"
    "    clip-path: inset(50%); }\n"
    "  table, tbody, tr, td { display: block; }\n"
    "  tr { border-bottom: 1px solid var(--line); padding: .25rem 0; }\n"
    "  td, td.number { border: 0; padding: 0 .25rem; text-align: left; }\n"
    "  td::before { content: attr(data-title) \": \"; color: var(--quiet); } }\n"
    "@media print {\n"
    "  :root { --text: #000; --back: #fff; --line: #999; --quiet: #444;\n"
    "    --good: #000; --warn: #000; --bad: #000; }\n"
    "  body { max-width: none; padding: 0; font-size: 10pt; }\n"
    "  tr { break-inside: avoid; } summary { break-after: avoid; }\n"
    "  details::details-content { content-visibility: visible; block-size: auto; } }\n"
    "</style>\n"
    "</head>\n"
    "<body>\n"
    "<main>\n"
    "<h1>Plan</h1>\n";

void report_html_escape(Buf *buf, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            buf_puts(buf, "&amp;");
            break;
        case '<':
            buf_puts(buf, "&lt;");
            break;
        case '>':
            buf_puts(buf, "&gt;");
            break;
        case '"':
            buf_puts(buf, "&quot;");
            break;
        case '\'':
            buf_puts(buf, "&#39;");
            break;
        default:
            buf_putc(buf, *text);
        }
    }
}

/* What was shown before, line by line; -ENOMEM sticks. */
static void html_append_text(Buf *buf, const Buf *text)
{
    buf->failed = buf->failed || text->failed;
    report_html_escape(buf, buf_text(text));
}

static const char *html_class_of(const char *line)
{
    static const struct {
        char sign;
        const char *class;
    } classes[] = {{'-', "bad"}, {'+', "good"}, {'~', "warn"}, {'?', "warn"}, {'!', "warn"}};

    for (size_t i = 0; i < ELEMENTS(classes); i++) {
        if (line[0] == classes[i].sign && line[1] == ' ')
            return classes[i].class;
    }
    return "quiet";
}

/* The lines without their indent, each in the colour of its sign. */
static void html_append_lines(Buf *buf, const Buf *text)
{
    const char *line = buf_text(text), *end;

    buf->failed = buf->failed || text->failed;
    buf_puts(buf, "<pre>");
    for (; *line; line = end + (*end == '\n')) {
        _cleanup_(buf_done) Buf one = {0};

        end = strchrnul(line, '\n');
        line += str_has_prefix(line, "  ") ? 2 : 0;
        buf_append(&one, line, (size_t)(end - line));
        buf_printf(buf, "<span class=\"%s\">", html_class_of(buf_text(&one)));
        html_append_text(buf, &one);
        buf_puts(buf, "</span>\n");
    }
    buf_puts(buf, "</pre>\n");
}

static void html_append_totals(Buf *buf, const Json *root)
{
    const Json *roster = json_find(root, "roster");
    _cleanup_(buf_done) Buf totals = {0}, origin = {0};
    const Page page = {.buf = &origin};

    report_text_totals(&(Page){.buf = &totals}, root);
    buf_puts(buf, "<p>");
    html_append_text(buf, &totals);
    buf_puts(buf, "</p>\n<p class=\"quiet\">");
    page_printf(&page, "Pass %s", row_text(root, "pass"));
    if (row_text(roster, "digest")[0])
        page_printf(&page, ", rosters %s", row_text(roster, "digest"));
    if (row_text(roster, "head")[0])
        page_printf(&page, ", commit %s", row_text(roster, "head"));
    html_append_text(buf, &origin);
    buf_puts(buf, "</p>\n");
}

static void html_append_instances(Buf *buf, const Outline *outline)
{
    _cleanup_(buf_done) Buf text = {0};

    outline_append_instances(outline, &(Page){.buf = &text});
    if (text.size > 0)
        html_append_lines(buf, &text);
}

static const char *html_class_of_cell(const Json *channel, OutlineColumn column)
{
    static const char *const classes[] = {[COLOUR_PLAIN] = "plain",
                                          [COLOUR_GREEN] = "good",
                                          [COLOUR_YELLOW] = "warn",
                                          [COLOUR_RED] = "bad"};

    if (column == OUTLINE_RESULT)
        return classes[page_colour_of(row_text(channel, "result"))];
    return outline_titles[column][0] == '#' ? "number" : "plain";
}

static const char *html_title(OutlineColumn column)
{
    return outline_titles[column] + (outline_titles[column][0] == '#');
}

static void html_append_row(Buf *buf, const Json *channel)
{
    OutlineRow row;

    outline_fill_row(channel, &row);
    buf_puts(buf, "<tr>");
    for (OutlineColumn column = 0; column < OUTLINE_COLUMNS; column++) {
        _cleanup_(buf_done) Buf cell = {0};

        page_puts(&(Page){.buf = &cell}, row.cells[column][0] ? row.cells[column] : "-");
        buf_printf(buf, "<td class=\"%s\" data-title=\"%s\">", html_class_of_cell(channel, column),
                   html_title(column));
        html_append_text(buf, &cell);
        buf_puts(buf, "</td>");
    }
    buf_puts(buf, "</tr>\n");
}

static void html_append_table(Buf *buf, const Outline *outline)
{
    bool has_rows = false;

    for (size_t i = 0; i < row_count(outline->root, "channels"); i++) {
        if (!outline_has_row(outline, i))
            continue;
        if (!has_rows) {
            buf_puts(buf, "<table>\n<thead><tr>");
            for (OutlineColumn column = 0; column < OUTLINE_COLUMNS; column++)
                buf_printf(buf, "<th scope=\"col\"%s>%s</th>",
                           outline_titles[column][0] == '#' ? " class=\"number\"" : "",
                           html_title(column));
            buf_puts(buf, "</tr></thead>\n<tbody>\n");
        }
        has_rows = true;
        html_append_row(buf, row_at(outline->root, "channels", i));
    }
    buf_puts(buf, has_rows ? "</tbody>\n</table>\n" : "");
}

/* Unfolded, for paper too. */
static void html_append_list(Buf *buf, const Json *channel, const ChannelTextOptions *options)
{
    _cleanup_(buf_done) Buf heading = {0}, body = {0};

    channel_text_heading(&(Page){.buf = &heading}, channel, options->verbose);
    channel_text_body(&(Page){.buf = &body}, channel, options);
    buf_puts(buf, "<details open><summary>");
    html_append_text(buf, &heading);
    buf_puts(buf, "</summary>\n");
    html_append_lines(buf, &body);
    buf_puts(buf, "</details>\n");
}

static void html_append_lists(Buf *buf, const Outline *outline, const ReportSource *source)
{
    const ChannelTextOptions options = {.verbose = outline->verbose,
                                        .is_one_of = row_count(outline->root, "instances") > 0};

    for (size_t i = 0; i < row_count(outline->root, "channels"); i++) {
        const Json *channel;

        if (!outline_has_row(outline, i))
            continue;
        channel = report_source_channel(source, i, buf);
        if (!channel)
            return;
        html_append_list(buf, channel, &options);
        report_source_flush(source, buf);
    }
}

int report_html_append(const ReportSource *source, const TextOptions *options, Buf *buf)
{
    Outline outline;
    int r = outline_init(&outline, source->root, options->verbose);

    if (r == 0) {
        buf_puts(buf, html_head);
        html_append_totals(buf, source->root);
        html_append_instances(buf, &outline);
        html_append_table(buf, &outline);
        if (!options->summary)
            html_append_lists(buf, &outline, source);
        buf_puts(buf, "</main>\n</body>\n</html>\n");
    }
    outline_done(&outline);
    return r < 0 ? r : buf_failed(buf);
}
