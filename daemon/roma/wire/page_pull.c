/* SPDX-License-Identifier: MIT */
#include "daemon/roma/wire/page_pull.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"
#include "reconcile/ops.h"

/* ---- outside of rows ---- */

/* As page.h takes them: INT64_MAX and beyond are none. */
static int page_pull_count(JsonPull *pull, bool *has, int64_t *ret_number)
{
    JsonSpan value;
    int r = *has ? -EPROTO : json_pull_value(pull, &value);

    if (r < 0)
        return r;
    *has = true;
    return json_span_get_integer(&value, 0, INT64_MAX - 1, ret_number);
}

/* No error is told by null, false and "". */
static int page_pull_error(JsonPull *pull)
{
    JsonSpan value;
    int r = json_pull_value(pull, &value);

    if (r < 0)
        return r;
    return value.kind == JSON_NULL || value.kind == JSON_FALSE ||
                   (value.kind == JSON_STRING && value.size == 0)
               ? 0
               : -EPROTO;
}

/* Reads a list that is null; of one with rows, its bracket. */
static int page_pull_list(PagePull *page, JsonPull *pull)
{
    JsonSpan value;
    char first;
    int r = page->has_list ? -EPROTO : json_pull_peek(pull, &first);

    if (r < 0)
        return r;
    if (first == '[') {
        pull->at++;
        page->place = PAGE_PULL_FIRST_ROW;
    } else {
        r = json_pull_value(pull, &value);
        if (r == 0 && value.kind != JSON_NULL)
            r = -EPROTO;
    }
    page->has_list = r == 0;
    return r;
}

static int page_pull_value(PagePull *page, JsonPull *pull, const JsonSpan *name)
{
    JsonSpan unused;

    if (json_span_is(name, page->list))
        return page_pull_list(page, pull);
    if (json_span_is(name, "total"))
        return page_pull_count(pull, &page->has_total, &page->total);
    if (json_span_is(name, "size"))
        return page_pull_count(pull, &page->has_size, &page->size);
    if (json_span_is(name, "error_code") || json_span_is(name, "error_msg") ||
        json_span_is(name, "error"))
        return page_pull_error(pull);
    return name->size > JSON_STRING_SIZE_MAX ? -EPROTO : json_pull_value(pull, &unused);
}

static int page_pull_field(PagePull *page, JsonPull *pull)
{
    JsonSpan name;
    int r = json_pull_name(pull, &name);

    if (r == 0)
        r = page_pull_value(page, pull, &name);
    if (r == 0 && page->place == PAGE_PULL_FIELD)
        page->place = PAGE_PULL_AFTER_FIELD;
    return r;
}

static int page_pull_row(PagePull *page, JsonPull *pull, const char *body)
{
    char unused;
    int r = page->row_count >= PAGE_ROWS_MAX ? -EPROTO : json_pull_peek(pull, &unused);

    if (r == 0)
        r = page->on_row(pull, body, page->row_count, page->userdata);
    if (r < 0)
        return r;
    page->row_count++;
    if (pull->at < pull->end && *pull->at == ',')
        pull->at++;
    else
        page->place = PAGE_PULL_AFTER_ROW;
    return 0;
}

/* Reads a comma, or the bracket at the end; the latter alone where nothing is between the two. */
static int page_pull_next(JsonPull *pull, char last, bool is_first, bool *ret_ended)
{
    char next;
    int r = json_pull_peek(pull, &next);

    if (r < 0)
        return r;
    *ret_ended = next == last;
    if (*ret_ended || (next == ',' && !is_first))
        pull->at++;
    return *ret_ended || is_first || next == ',' ? 0 : -EPROTO;
}

/* ---- one step after the other ---- */

static int page_pull_between(PagePull *page, JsonPull *pull)
{
    bool in_rows = page->place == PAGE_PULL_FIRST_ROW || page->place == PAGE_PULL_AFTER_ROW;
    bool is_first = page->place == PAGE_PULL_FIRST_ROW || page->place == PAGE_PULL_FIRST_FIELD;
    bool ended = false;
    int r = page_pull_next(pull, in_rows ? ']' : '}', is_first, &ended);

    if (r < 0)
        return r;
    if (in_rows)
        page->place = ended ? PAGE_PULL_AFTER_FIELD : PAGE_PULL_ROW;
    else
        page->place = ended ? PAGE_PULL_END : PAGE_PULL_FIELD;
    return 0;
}

/* Reads one thing whole, or nothing. */
static int page_pull_step(PagePull *page, JsonPull *pull, const char *body)
{
    char next;
    int r;

    switch (page->place) {
    case PAGE_PULL_BEGIN:
        r = json_pull_expect(pull, '{');
        if (r == 0)
            page->place = PAGE_PULL_FIRST_FIELD;
        return r;
    case PAGE_PULL_FIELD:
        return page_pull_field(page, pull);
    case PAGE_PULL_ROW:
        return page_pull_row(page, pull, body);
    case PAGE_PULL_FIRST_FIELD:
    case PAGE_PULL_AFTER_FIELD:
    case PAGE_PULL_FIRST_ROW:
    case PAGE_PULL_AFTER_ROW:
        return page_pull_between(page, pull);
    case PAGE_PULL_END:
        break;
    }
    r = json_pull_peek(pull, &next);
    return r < 0 ? r : -EPROTO;
}

/* What is not there as a whole is read from its start again, but not before twice as much of it is
 * there: however small the pieces, each byte is read a few times at most. */
static void page_pull_run(PagePull *page, const char *body, size_t size)
{
    JsonPull pull = {.at = body + page->done, .end = body + size};

    while (page->error == 0) {
        int r = page_pull_step(page, &pull, body);

        if (r == -EAGAIN) {
            page->next = size + (size - page->done);
            return;
        }
        page->error = r;
        page->done = (size_t)(pull.at - body);
    }
}

void page_pull_feed(PagePull *page, const char *body, size_t size)
{
    if (size >= page->next)
        page_pull_run(page, body, size);
}

int page_pull_end(PagePull *page, const char *body, size_t size, PageCounts *ret_counts)
{
    page_pull_run(page, body, size);
    if (page->error < 0)
        return page->error;
    if (page->place != PAGE_PULL_END || !page->has_total ||
        (page->has_size && (uint64_t)page->size != page->row_count))
        return -EPROTO;
    *ret_counts = (PageCounts){(uint64_t)page->total, page->row_count};
    return 0;
}

/* ---- the fields of a row ---- */

int page_pull_id(const JsonSpan *value, Arena *strings, const char **ret_id)
{
    if (value->kind != JSON_STRING || value->has_escapes || value->size == 0 ||
        value->size > OPS_ID_SIZE_MAX || !str_are_id_bytes(value->start, value->size))
        return -EPROTO;
    *ret_id = arena_copy(strings, value->start, value->size);
    return *ret_id ? 0 : -ENOMEM;
}

static int page_pull_keep(const char *text, size_t size, Arena *strings, PageText *ret_text)
{
    const char *copy;

    if (size > JSON_STRING_SIZE_MAX)
        return -EPROTO;
    copy = arena_copy(strings, text, size);
    if (!copy)
        return -ENOMEM;
    *ret_text = (PageText){copy, size};
    return 0;
}

static int page_pull_keep_meant(const JsonSpan *value, Arena *strings, PageText *ret_text)
{
    char meant[JSON_STRING_SIZE_MAX];
    size_t size;
    int r = json_span_get_string(value, meant, &size);

    return r < 0 ? r : page_pull_keep(meant, size, strings, ret_text);
}

int page_pull_text(const JsonSpan *value, const PageText *like, Arena *strings, PageText *ret_text)
{
    if (value->kind > JSON_NULL && value->kind != JSON_STRING)
        return -EPROTO;
    if (value->kind != JSON_STRING || value->size == 0) {
        *ret_text = (PageText){"", 0};
        return 0;
    }
    if (value->has_escapes)
        return page_pull_keep_meant(value, strings, ret_text);
    if (value->size == like->size && memcmp(value->start, like->text, like->size) == 0) {
        *ret_text = *like;
        return 0;
    }
    return page_pull_keep(value->start, value->size, strings, ret_text);
}
