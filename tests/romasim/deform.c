/* SPDX-License-Identifier: MIT */
/* Faults that change what an answer says: replaced, or a list whose rows and counts lie. */
#include "tests/romasim/deform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/answer.h"
#include "tests/romasim/edit.h"
#include "tests/romasim/jsonget.h"

static const char *code_of(int status)
{
    static const struct {
        int status;
        const char *code;
    } codes[] = {{400, "APIG.2000"}, {401, "APIG.0301"}, {403, "APIG.1005"},
                 {404, "APIG.0101"}, {409, "APIG.3718"}, {429, "APIG.0308"},
                 {502, "APIG.0202"}, {503, "APIG.0613"}, {504, "APIG.0203"}};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].status == status)
            return codes[i].code;
    return "APIG.9999";
}

static void replace(Request *r, const Fault *f)
{
    int status = f->status > 0 ? f->status : 200;

    if (f->body) {
        answer_blob(r, status, blob_copy(f->body, strlen(f->body)));
        if (f->code)
            snprintf(r->answer.code, sizeof(r->answer.code), "%s", f->code);
    } else if (status < 300) {
        answer_blob(r, status, status == 204 ? NULL : blob_copy("", 0));
    } else {
        answer_error(r, status, f->code ? f->code : code_of(status), "%s",
                     f->message ? f->message : "System error");
    }
}

/* The rows of a list's answer, NULL in others. */
static json_object *rows_of(json_object *root)
{
    static const char *const names[] = {"members", "vpc_channels", "member_groups"};
    json_object *rows = NULL;

    for (size_t i = 0; !rows && i < sizeof(names) / sizeof(names[0]); i++)
        json_object_object_get_ex(root, names[i], &rows);
    return json_object_is_type(rows, json_type_array) ? rows : NULL;
}

static void add_to(json_object *root, const char *name, int n)
{
    json_object *value = NULL;

    if (n != 0 && json_object_object_get_ex(root, name, &value))
        json_object_set_int64(value, json_object_get_int64(value) + n);
}

static json_object *copy_of(json_object *o)
{
    json_object *copy = NULL;

    if (json_object_deep_copy(o, &copy, NULL) < 0)
        alloc_die("out of memory");
    return copy;
}

/* A row that looks right and that the model does not have; `foreign` puts it into another channel.
 */
static json_object *made_up(const Request *r, int n, bool foreign)
{
    char *id = model_new_id(), *other = model_new_id();
    json_object *row = json_object_new_object();
    char host[32];

    snprintf(host, sizeof(host), "10.99.%d.%d", n / 250 % 250, n % 250 + 1);
    json_object_object_add(row, "host", json_object_new_string(host));
    json_object_object_add(row, "weight", json_object_new_int(1));
    json_object_object_add(row, "member_group_name", json_object_new_string(""));
    json_object_object_add(row, "status", json_object_new_int(1));
    json_object_object_add(row, "port", json_object_new_int(8080));
    json_object_object_add(row, "ecs_id", json_object_new_string(host));
    json_object_object_add(row, "ecs_name", json_object_new_string(host));
    json_object_object_add(row, "id", json_object_new_string(id));
    json_object_object_add(
        row, "vpc_channel_id",
        json_object_new_string(foreign || !r->channel_id ? other : r->channel_id));
    free(id);
    free(other);
    return row;
}

/* The last row gives way to a second copy of the first, so that the counts still agree. */
static void repeat_row(json_object *root, json_object *rows)
{
    size_t n = json_object_array_length(rows);

    if (n == 0)
        return;
    if (n > 1) {
        json_object_array_del_idx(rows, n - 1, 1);
    } else {
        add_to(root, "total", 1);
        add_to(root, "size", 1);
    }
    json_object_array_add(rows, copy_of(json_object_array_get_idx(rows, 0)));
}

/* Adds one row that the counts know of. */
static void add_counted(json_object *root, json_object *rows, json_object *row)
{
    json_object_array_add(rows, row);
    add_to(root, "total", 1);
    add_to(root, "size", 1);
}

static void deform_rows(JsonError *e, Request *r, json_object *root, json_object *rows,
                        json_object *then)
{
    int drop = jsonget_int(e, then, "drop_rows", 0), extra = jsonget_int(e, then, "extra_rows", 0);
    json_object *raw = NULL;
    size_t n = json_object_array_length(rows);

    if (drop > 0 && n > 0) {
        size_t count = (size_t)drop < n ? (size_t)drop : n;

        json_object_array_del_idx(rows, n - count, count);
    }
    if (jsonget_bool(e, then, "repeat_row", false))
        repeat_row(root, rows);
    if (jsonget_bool(e, then, "foreign_row", false))
        add_counted(root, rows, made_up(r, 7777, true));
    if (json_object_object_get_ex(then, "raw_row", &raw))
        add_counted(root, rows, raw ? copy_of(raw) : NULL);
    for (int i = 0; i < extra; i++)
        json_object_array_add(rows, made_up(r, i, false));
}

static void patch(json_object *root, json_object *fields)
{
    if (!fields)
        return;
    json_object_object_foreach(fields, key, value)
    {
        json_object_object_add(root, key, json_object_get(value));
    }
}

static bool touches_json(json_object *then)
{
    static const char *const keys[] = {"total_add",   "size_add",   "drop_rows",  "repeat_row",
                                       "foreign_row", "extra_rows", "json_patch", "raw_row"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (jsonget_has(then, keys[i]))
            return true;
    return false;
}

static void deform_json(Request *r, json_object *then)
{
    json_object *root = jsonget_parse(r->answer.body->data, r->answer.body->size);
    json_object *rows = root ? rows_of(root) : NULL;
    JsonError e = {0};
    const char *text;

    if (!root)
        return;
    if (rows)
        deform_rows(&e, r, root, rows, then);
    add_to(root, "total", jsonget_int(&e, then, "total_add", 0));
    add_to(root, "size", jsonget_int(&e, then, "size_add", 0));
    patch(root, jsonget_object(&e, then, "json_patch"));
    text = json_object_to_json_string_ext(root,
                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    blob_unref(r->answer.body);
    r->answer.body = blob_copy(text, strlen(text));
    json_object_put(root);
    free(e.text);
}

static void add_headers(Request *r, json_object *headers)
{
    if (!headers)
        return;
    json_object_object_foreach(headers, name, value)
    {
        answer_add_header(r, name, json_object_get_string(value));
    }
}

void deform_answer(Request *r)
{
    const Fault *f = r->fault;

    if (!f)
        return;
    if (f->replaces)
        replace(r, f);
    else if (touches_json(f->then) && r->answer.body)
        deform_json(r, f->then);
    if (f->content_type && r->answer.body)
        r->answer.content_type = f->content_type;
    add_headers(r, f->headers);
}

void deform_act_after(Request *r)
{
    JsonError e = {0};
    json_object *after = r->fault ? jsonget_object(&e, r->fault->then, "after") : NULL;

    if (after)
        edit_after(&e, after);
    if (e.text)
        fprintf(stderr, "romasim: after: %s\n", e.text);
    free(e.text);
}
