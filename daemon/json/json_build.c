/* SPDX-License-Identifier: MIT */
#include "daemon/json/json_build.h"

#include <errno.h>
#include <json-c/json.h>

/* 0 with a value of any kind, null too. */
static int json_build_parse(JsonBuild *build, const char *text, size_t size, Json **ret_value,
                            Err *err)
{
    size_t used = 0;
    const char *reason = json_check(text, size, NULL) < 0
                             ? "no UTF-8"
                             : json_parse_value(&build->parser, text, size, ret_value, &used);

    if (!reason && used == size)
        return 0;
    json_free(TAKE_PTR(*ret_value));
    return json_not_json(text, size, used, reason ? reason : "more after its end", err);
}

static int json_build_on_field(void *userdata, const char *name, size_t name_size, const char *text,
                               size_t size, Err *err)
{
    JsonBuild *build = userdata;
    _cleanup_(json_freep) Json *value = NULL;
    _cleanup_(buf_done) Buf key = {0};
    int r = json_build_parse(build, text, size, &value, err);

    if (r < 0)
        return r;
    buf_append(&key, name + 1, name_size - 2);
    if (buf_failed(&key) < 0 || json_object_object_add(build->root, buf_text(&key), value) < 0)
        return err_memory(err);
    value = NULL;
    return 0;
}

static int json_build_on_list(void *userdata, Err *err)
{
    JsonBuild *build = userdata;

    if (!build->list)
        return err_set(err, -EPROTO, "%s: twice", build->items.list);
    if (json_object_object_add(build->root, build->items.list, build->list) < 0)
        return err_memory(err);
    build->list = NULL;
    return 0;
}

static int json_build_on_element(void *userdata, const char *text, size_t size, Err *err)
{
    JsonBuild *build = userdata;
    _cleanup_(json_freep) Json *value = NULL;
    int r = build->list ? json_build_parse(build, text, size, &value, err)
                        : json_build_on_list(build, err);

    if (r < 0)
        return r;
    if (json_object_array_add(build->list, value) < 0)
        return err_memory(err);
    value = NULL;
    return 0;
}

int json_build_init(JsonBuild *build, const char *list)
{
    static const JsonItemsOps ops = {json_build_on_field, json_build_on_element,
                                     json_build_on_list};

    *build = (JsonBuild){.items = {.list = list, .ops = &ops, .userdata = build}};
    build->root = json_object_new_object();
    build->list = json_object_new_array();
    return !build->root || !build->list || json_parser_init(&build->parser) < 0 ? -ENOMEM : 0;
}

void json_build_done(JsonBuild *build)
{
    json_items_done(&build->items);
    json_parser_done(&build->parser);
    json_free(TAKE_PTR(build->root));
    json_free(TAKE_PTR(build->list));
}

int json_build_take(JsonBuild *build, const char *bytes, size_t size, Err *err)
{
    return json_items_take(&build->items, bytes, size, err);
}

int json_build_end(JsonBuild *build, Json **ret_root, Err *err)
{
    int r = json_items_end(&build->items, err);

    if (r == 0)
        *ret_root = TAKE_PTR(build->root);
    return r;
}
