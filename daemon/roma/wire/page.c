/* SPDX-License-Identifier: MIT */
/* Every value is json-c's to read; only the brackets around rows are read here. */
#include "daemon/roma/wire/page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/json/json_parser.h"

typedef struct PageReader {
    JsonParser *parser;
    const char *body;
    const char *at;
    const char *end;
    const char *list;
    PageOnRow on_row;
    void *userdata;
    bool has_total, has_size, has_list;
    int64_t total, size;
    size_t row_count;
    Err *err;
} PageReader;

/* Something is wrong where it reads. */
static int page_not_json(PageReader *page, const char *reason)
{
    return json_not_json(page->body, (size_t)(page->end - page->body),
                         (size_t)(page->at - page->body), reason, page->err);
}

/* The next byte that is no white space; 0 at the end. */
static char page_peek(PageReader *page)
{
    while (page->at < page->end &&
           (*page->at == ' ' || *page->at == '\n' || *page->at == '\t' || *page->at == '\r'))
        page->at++;
    return page->at < page->end ? *page->at : '\0';
}

static int page_expect(PageReader *page, char byte)
{
    if (page_peek(page) == byte) {
        page->at++;
        return 0;
    }
    return page_not_json(page, page->at == page->end ? "it ends too early" : "a misplaced byte");
}

/* Reads one value of any kind with json-c; NULL is JSON's null. */
static int page_value(PageReader *page, Json **ret_value)
{
    size_t used;
    const char *reason =
        json_parse_value(page->parser, page->at, (size_t)(page->end - page->at), ret_value, &used);

    page->at += used;
    return reason ? page_not_json(page, reason) : 0;
}

/* json-c counts white space behind a value as read, or not. */
static size_t page_measure(const PageReader *page, const char *start)
{
    const char *end = page->at;

    while (end > start && memchr(" \n\t\r", end[-1], 4))
        end--;
    return (size_t)(end - start);
}

static int page_row(PageReader *page)
{
    Json *row = NULL;
    const char *start;
    int r;

    if (page->row_count >= PAGE_ROWS_MAX)
        return err_set(page->err, -EPROTO, "%s: has more rows than the %d asked for", page->list,
                       PAGE_ROWS_MAX);
    page_peek(page);
    start = page->at;
    r = page_value(page, &row);
    if (r == 0)
        r = page->on_row(row, start, page_measure(page, start), page->row_count, page->userdata,
                         page->err);
    json_free(row);
    page->row_count++;
    return r;
}

static int page_rows(PageReader *page)
{
    int r = page_expect(page, '[');

    if (r == 0 && page_peek(page) == ']') {
        page->at++;
        return 0;
    }
    while (r == 0) {
        r = page_row(page);
        if (r < 0 || page_peek(page) != ',')
            break;
        page->at++;
    }
    return r < 0 ? r : page_expect(page, ']');
}

static int page_list(PageReader *page)
{
    Json *value = NULL;
    int r;

    if (page->has_list)
        return err_set(page->err, -EPROTO, "%s: duplicate key", page->list);
    page->has_list = true;
    if (page_peek(page) == '[')
        return page_rows(page);
    r = page_value(page, &value);
    if (r == 0 && value)
        r = err_set(page->err, -EPROTO, "%s: should be an array, is %s", page->list,
                    json_type_name(value));
    json_free(value);
    return r;
}

/* INT64_MAX is where json-c puts everything larger. */
static int page_number(PageReader *page, const char *key, bool *has, int64_t *ret_number)
{
    Json *value = NULL;
    int r;

    if (*has)
        return err_set(page->err, -EPROTO, "%s: duplicate key", key);
    *has = true;
    r = page_value(page, &value);
    if (r == 0 && json_get_integer(value, 0, INT64_MAX - 1, ret_number) < 0)
        r = err_set(page->err, -EPROTO, "%s: should be a whole number from 0, is %s", key,
                    json_type_name(value));
    json_free(value);
    return r;
}

/* An error_code counts whatever rows stand beside it. */
static int page_error(PageReader *page)
{
    Json *value = NULL;
    int r = page_value(page, &value);
    const char *text;
    bool is_none =
        !value || json_is_false(value) || (json_get_string(value, &text) == 0 && text[0] == '\0');

    json_free(value);
    return r < 0 || is_none ? r : err_set(page->err, -EPROTO, "it tells an error");
}

/* Reads one key with its value, and skips keys that rosterd does not use. */
static int page_field(PageReader *page)
{
    char first = page_peek(page);
    Json *key = NULL, *other = NULL;
    const char *name = NULL;
    int r;

    if (first != '"')
        return page_not_json(page, first ? "a key is missing" : "it ends too early");
    r = page_value(page, &key);
    if (r == 0 && json_get_string(key, &name) < 0)
        r = page_not_json(page, "a key that is too long or holds a NUL");
    if (r == 0)
        r = page_expect(page, ':');
    if (r < 0) {
        json_free(key);
        return r;
    }
    if (str_equal(name, page->list))
        r = page_list(page);
    else if (str_equal(name, "total"))
        r = page_number(page, "total", &page->has_total, &page->total);
    else if (str_equal(name, "size"))
        r = page_number(page, "size", &page->has_size, &page->size);
    else if (str_equal(name, "error_code") || str_equal(name, "error_msg") ||
             str_equal(name, "error"))
        r = page_error(page);
    else
        r = page_value(page, &other);
    json_free(other);
    json_free(key);
    return r;
}

static int page_fields(PageReader *page)
{
    int r = 0;

    if (page_peek(page) == '}') {
        page->at++;
        return 0;
    }
    while (r == 0) {
        r = page_field(page);
        if (r < 0 || page_peek(page) != ',')
            break;
        page->at++;
    }
    return r < 0 ? r : page_expect(page, '}');
}

static int page_check(const PageReader *page)
{
    if (!page->has_total)
        return err_set(page->err, -EPROTO, "total: should be a whole number from 0, is missing");
    if (page->has_size && (uint64_t)page->size != page->row_count)
        return err_set(page->err, -EPROTO, "size: says %" PRId64 ", but there are %zu rows",
                       page->size, page->row_count);
    return 0;
}

static int page_outside(PageReader *page)
{
    char first = page_peek(page);
    Json *value = NULL;
    int r;

    if (first == '{') {
        page->at++;
        return page_fields(page);
    }
    r = first == '\0' ? page_not_json(page, "it ends too early") : page_value(page, &value);
    if (r == 0 && page_peek(page) != '\0')
        r = page_not_json(page, "more after its end");
    if (r == 0)
        r = err_set(page->err, -EPROTO, "JSON, but %s instead of an object", json_type_name(value));
    json_free(value);
    return r;
}

int page_read(JsonParser *parser, const char *body, size_t size, const char *list, PageOnRow on_row,
              void *userdata, PageCounts *ret_counts, Err *err)
{
    PageReader page = {
        .parser = parser,
        .body = body,
        .at = body,
        .end = body + size,
        .list = list,
        .on_row = on_row,
        .userdata = userdata,
        .err = err,
    };
    int r = json_check(body, size, err);

    if (r == 0)
        r = page_outside(&page);
    if (r == 0 && page_peek(&page) != '\0')
        r = page_not_json(&page, "more after its end");
    if (r == 0 && page.at != page.end)
        r = page_not_json(&page, "a misplaced byte");
    if (r == 0)
        r = page_check(&page);
    if (r == 0)
        *ret_counts = (PageCounts){(uint64_t)page.total, page.row_count};
    return r;
}
