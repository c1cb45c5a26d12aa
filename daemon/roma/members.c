/*
 * Pages of members: see members.h. They are scanned, not parsed to a tree: of what a page costs,
 * nine tenths were the tree. Strict beyond JSON: a field that is read must not stand there twice.
 */
#include "daemon/roma/members.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"

#define LIST "members"
#define ID_SIZE_MAX 64
#define PORT_MAX 65535
#define STATUS_MAX 2
#define STRINGS_KEPT_MAX (512U * 1024U)

/* The fields of a row that are read; all others are passed over. */
typedef enum Field {
    FIELD_ID,
    FIELD_CHANNEL_ID,
    FIELD_HOST,
    FIELD_ECS_ID,
    FIELD_GROUP,
    FIELD_PORT,
    FIELD_STATUS,
    FIELD_NONE,
} Field;

static const struct {
    const char *key;
    size_t size;
    const char *wanted;
} fields[] = {
    [FIELD_ID] = {"id", 2, "1 to 64 letters, digits, \"-\" and \"_\""},
    [FIELD_CHANNEL_ID] = {"vpc_channel_id", 14, "a string of 1024 bytes at most"},
    [FIELD_HOST] = {"host", 4, "a string of 1024 bytes at most"},
    [FIELD_ECS_ID] = {"ecs_id", 6, "a string of 1024 bytes at most"},
    [FIELD_GROUP] = {"member_group_name", 17, "a string of 1024 bytes at most"},
    [FIELD_PORT] = {"port", 4, "a port from 0 to 65535"},
    [FIELD_STATUS] = {"status", 6, "1 or 2"},
};

/* One reading of a page. */
typedef struct Reading {
    Scan scan;
    MemberList *list;
    char *strings; /* where the next one goes: all of them fit, being shorter than the body */
    size_t row_count;
    ScanValue total;
    ScanValue size;
    bool has_total, has_size, has_members;
    Err *err;
} Reading;

static const char *members_describe(const MemberPage *page, size_t row)
{
    MemberList *const *self = page->source;
    MemberList *list = *self;
    const ScanValue *source = &list->sources[row];
    Err err;

    json_object_put(list->described);
    list->described = NULL;
    if (body_parse(list->parser, source->text, source->size, &list->described, &err) < 0)
        return NULL;
    return json_object_to_json_string_ext(list->described,
                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* Which field a key means. An escaped one is not longer than it stands there. */
static Field members_field(const ScanValue *key)
{
    char plain[64];
    const char *text = key->text;
    size_t size = key->size;

    if (key->is_escaped) {
        if (size >= sizeof(plain))
            return FIELD_NONE;
        size = scan_unescape(key, plain);
        text = plain;
    }
    for (size_t i = 0; i < ELEMENTS(fields); i++) {
        if (size == fields[i].size && memcmp(text, fields[i].key, size) == 0)
            return (Field)i;
    }
    return FIELD_NONE;
}

/* Null is "", where it may be absent. */
static int members_text(Reading *reading, const ScanValue *value, bool required, const char **ret)
{
    size_t size;

    if (value->kind == SCAN_NULL && !required) {
        *ret = "";
        return 0;
    }
    if (value->kind != SCAN_STRING)
        return -EPROTO;
    size = scan_unescape(value, reading->strings);
    if (size > BODY_STRING_SIZE_MAX || memchr(reading->strings, '\0', size))
        return -EPROTO;
    *ret = reading->strings;
    reading->strings += size + 1;
    return 0;
}

/* Null leaves 0. */
static int members_number(const ScanValue *value, int64_t min, int64_t max, int64_t *ret)
{
    int64_t number;

    if (value->kind == SCAN_NULL)
        return 0;
    if (value->kind != SCAN_INTEGER || scan_integer(value, &number) < 0 || number < min ||
        number > max)
        return -EPROTO;
    *ret = number;
    return 0;
}

static int members_take(Reading *reading, Field field, const ScanValue *value, MemberRow *row)
{
    int64_t number = 0;
    int r = 0;

    switch (field) {
    case FIELD_ID:
        r = members_text(reading, value, true, &row->id);
        return r < 0 || str_is_id(row->id, ID_SIZE_MAX) ? r : -EPROTO;
    case FIELD_CHANNEL_ID:
        return members_text(reading, value, true, &row->channel_id);
    case FIELD_HOST:
        return members_text(reading, value, false, &row->host);
    case FIELD_ECS_ID:
        return members_text(reading, value, false, &row->ecs_id);
    case FIELD_GROUP:
        return members_text(reading, value, false, &row->group);
    case FIELD_PORT:
        r = members_number(value, 0, PORT_MAX, &number);
        row->port = (uint16_t)number;
        return r;
    case FIELD_STATUS:
        r = members_number(value, 1, STATUS_MAX, &number);
        row->status = (uint8_t)number;
        return r;
    case FIELD_NONE:
        break;
    }
    return r;
}

static int members_odd(Reading *reading, const char *key, const char *wanted,
                       const ScanValue *value)
{
    return err_set(reading->err, -EPROTO, LIST "[%zu].%s: should be %s, is %s", reading->row_count,
                   key, wanted, scan_kind_name(value->kind));
}

static int members_odd_row(Reading *reading, const char *what)
{
    return err_set(reading->err, -EPROTO, LIST "[%zu]%s", reading->row_count, what);
}

static int members_check_row(Reading *reading, const MemberRow *row)
{
    if (!row->id)
        return members_odd_row(reading, ".id: is missing");
    if (!row->channel_id)
        return members_odd_row(reading, ".vpc_channel_id: is missing");
    if (row->host[0] == '\0' && row->ecs_id[0] == '\0')
        return members_odd_row(reading, ".host: is missing, and so is ecs_id");
    return 0;
}

/* -EPROTO with the scan's problem, or with the error already set. */
static int members_row(Reading *reading, MemberRow *ret_row)
{
    MemberRow row = {.host = "", .ecs_id = "", .group = ""};
    unsigned int seen = 0;
    ScanValue key, value;
    int r = scan_open(&reading->scan, '{');

    if (r <= 0)
        return r < 0 ? r : members_odd_row(reading, ": should be an object");
    while ((r = scan_next_key(&reading->scan, &key)) > 0) {
        Field field = members_field(&key);

        if (scan_value(&reading->scan, &value) < 0)
            return -EPROTO;
        if (field == FIELD_NONE)
            continue;
        if (seen & 1U << field)
            return err_set(reading->err, -EPROTO, LIST "[%zu].%s: stands there twice",
                           reading->row_count, fields[field].key);
        seen |= 1U << field;
        if (members_take(reading, field, &value, &row) < 0)
            return members_odd(reading, fields[field].key, fields[field].wanted, &value);
    }
    *ret_row = row;
    return r < 0 ? r : members_check_row(reading, &row);
}

static int members_rows(Reading *reading)
{
    MemberList *list = reading->list;
    int r;

    while ((r = scan_next_item(&reading->scan)) > 0) {
        size_t row = reading->row_count;
        const char *start = reading->scan.at;

        if (row == BODY_ROWS_MAX)
            return err_set(reading->err, -EPROTO, LIST ": has more rows than the %d asked for",
                           BODY_ROWS_MAX);
        if (mem_grow(&list->rows, &list->row_capacity, row + 1, sizeof(*list->rows)) < 0 ||
            mem_grow(&list->sources, &list->source_capacity, row + 1, sizeof(*list->sources)) < 0)
            return err_memory(reading->err);
        r = members_row(reading, &list->rows[row]);
        if (r < 0)
            return r;
        list->sources[row] = (ScanValue){
            .kind = SCAN_OBJECT, .text = start, .size = (size_t)(reading->scan.at - start)};
        reading->row_count++;
    }
    return r;
}

/* Reads one of the page's own keys; `*has` tells whether it stood there before. */
static int members_once(Reading *reading, const char *key, bool *has)
{
    if (*has)
        return err_set(reading->err, -EPROTO, "%s: stands there twice", key);
    *has = true;
    return 0;
}

static int members_list(Reading *reading)
{
    ScanValue value;
    int r = members_once(reading, LIST, &reading->has_members);

    if (r >= 0)
        r = scan_open(&reading->scan, '[');
    if (r > 0)
        return members_rows(reading);
    if (r == 0)
        r = scan_value(&reading->scan, &value);
    if (r == 0 && value.kind != SCAN_NULL)
        return err_set(reading->err, -EPROTO, LIST ": should be an array, is %s",
                       scan_kind_name(value.kind));
    return r;
}

static bool members_is_key(const ScanValue *key, const char *name)
{
    char plain[64];

    if (key->size >= sizeof(plain))
        return false;
    scan_unescape(key, plain);
    return str_equal(plain, name);
}

static int members_no_object(Reading *reading)
{
    ScanValue value;
    int r = scan_value(&reading->scan, &value);

    if (r >= 0)
        r = scan_finish(&reading->scan);
    return r < 0 ? r : err_set(reading->err, -EPROTO, "JSON, but no object");
}

static int members_object(Reading *reading)
{
    ScanValue key, value;
    int r = scan_open(&reading->scan, '{');

    if (r == 0)
        return members_no_object(reading);
    while (r > 0 && (r = scan_next_key(&reading->scan, &key)) > 0) {
        if (members_is_key(&key, LIST))
            r = members_list(reading);
        else if (members_is_key(&key, "total")) {
            r = members_once(reading, "total", &reading->has_total);
            r = r < 0 ? r : scan_value(&reading->scan, &reading->total);
        } else if (members_is_key(&key, "size")) {
            r = members_once(reading, "size", &reading->has_size);
            r = r < 0 ? r : scan_value(&reading->scan, &reading->size);
        } else
            r = scan_value(&reading->scan, &value);
        if (r < 0)
            return r;
        r = 1;
    }
    return r < 0 ? r : scan_finish(&reading->scan);
}

static int members_counts(Reading *reading, uint64_t *ret_total)
{
    static const char wanted[] = "should be a whole number from 0, is";
    int64_t total, size;

    if (!reading->has_total)
        return err_set(reading->err, -EPROTO, "total: %s missing", wanted);
    if (reading->total.kind != SCAN_INTEGER || scan_integer(&reading->total, &total) < 0 ||
        total < 0)
        return err_set(reading->err, -EPROTO, "total: %s %s", wanted,
                       scan_kind_name(reading->total.kind));
    *ret_total = (uint64_t)total;
    if (!reading->has_size || reading->size.kind == SCAN_NULL)
        return 0;
    if (reading->size.kind != SCAN_INTEGER || scan_integer(&reading->size, &size) < 0)
        return err_set(reading->err, -EPROTO, "size: %s %s", wanted,
                       scan_kind_name(reading->size.kind));
    if (size < 0 || (uint64_t)size != reading->row_count)
        return err_set(reading->err, -EPROTO, "size: says %" PRId64 ", but there are %zu rows",
                       size, reading->row_count);
    return 0;
}

static int members_read(Reading *reading, const char *body, size_t size, uint64_t *ret_total)
{
    int r = body_check_utf8(body, size, reading->err);

    if (r < 0)
        return r;
    scan_begin(&reading->scan, body, size);
    r = members_object(reading);
    if (r < 0 && reading->scan.problem)
        return body_not_json(body, size, reading->scan.problem, reading->err);
    return r < 0 ? r : members_counts(reading, ret_total);
}

int members_parse(MemberList *list, BodyParser *parser, const char *body, size_t size, Err *err)
{
    Reading reading = {.list = list, .err = err};
    uint64_t total = 0;
    int r;

    members_clear(list);
    if (mem_grow(&list->strings, &list->string_capacity, size + 1, 1) < 0)
        return err_memory(err);
    reading.strings = list->strings;
    r = members_read(&reading, body, size, &total);
    if (r < 0)
        return r;
    list->self = list;
    list->parser = parser;
    list->page = (MemberPage){
        .total = total,
        .rows = list->rows,
        .row_count = reading.row_count,
        .describe = members_describe,
        .source = &list->self,
    };
    return 0;
}

void members_clear(MemberList *list)
{
    json_object_put(list->described);
    list->described = NULL;
    list->page = (MemberPage){0};
    if (list->string_capacity > STRINGS_KEPT_MAX) {
        free(list->strings);
        list->strings = NULL;
        list->string_capacity = 0;
    }
}

void members_done(MemberList *list)
{
    members_clear(list);
    free(list->rows);
    free(list->sources);
    free(list->strings);
    *list = (MemberList){0};
}
