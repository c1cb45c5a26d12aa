/* SPDX-License-Identifier: MIT */
/* The service's things as the JSON of its answers (API.md sections 1.2, 1.7, 1.9). */
#include "tests/romasim/render.h"

#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"

static void add_field(Text *t, const char *name, const char *value)
{
    text_add(t, "\"");
    text_add(t, name);
    text_add(t, "\":");
    text_add_json(t, value);
    text_add(t, ",");
}

static void add_number(Text *t, const char *name, int value)
{
    text_add(t, "\"");
    text_add(t, name);
    text_add(t, "\":");
    text_add_int(t, value);
    text_add(t, ",");
}

/* Applies "raw" (fields set verbatim) and "omit" (fields taken away) to the row that begins at
 * `from`. */
static void make_odd(Text *t, size_t from, json_object *odd)
{
    json_object *row, *raw = NULL, *omit = NULL;

    json_object_object_get_ex(odd, "raw", &raw);
    json_object_object_get_ex(odd, "omit", &omit);
    row = json_tokener_parse(t->data + from);
    if (!row)
        alloc_die("cannot read back a row");
    if (raw) {
        json_object_object_foreach(raw, key, value)
        {
            json_object_object_add(row, key, json_object_get(value));
        }
    }
    for (size_t i = 0; omit && i < json_object_array_length(omit); i++)
        json_object_object_del(row, json_object_get_string(json_object_array_get_idx(omit, i)));
    t->len = from;
    text_add(t, json_object_to_json_string_ext(row, JSON_C_TO_STRING_PLAIN |
                                                        JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(row);
}

void render_member(Text *t, const Channel *c, const Member *m, bool listed)
{
    const Shown now = {.weight = m->weight,
                       .status = m->status,
                       .is_backup = m->is_backup,
                       .ecs_name = m->ecs_name};
    const Shown *shown = listed && m->shown ? m->shown : &now;
    const Group *g = m->group[0] ? model_find_group(c, m->group) : NULL;
    size_t from = t->len;

    text_add(t, "{");
    add_field(t, "host", m->host ? m->host : "");
    add_number(t, "weight", shown->weight);
    text_add(t, shown->is_backup ? "\"is_backup\":true," : "\"is_backup\":false,");
    add_field(t, "member_group_name", m->group);
    add_number(t, "status", shown->status);
    add_number(t, "port", m->port);
    add_field(t, "ecs_id", m->ecs_id ? m->ecs_id : m->host);
    add_field(t, "ecs_name", shown->ecs_name ? shown->ecs_name : m->host);
    add_field(t, "id", m->id);
    add_field(t, "vpc_channel_id", c->id);
    add_field(t, "create_time", m->create_time);
    add_field(t, "member_group_id", g ? g->id : "");
    t->data[t->len - 1] = '}';
    if (m->odd)
        make_odd(t, from, m->odd);
}

void render_group(Text *t, const Channel *c, const Group *g)
{
    text_add(t, "{");
    add_field(t, "member_group_id", g->id);
    add_field(t, "member_group_name", g->name);
    add_field(t, "member_group_remark", g->remark ? g->remark : "");
    if (g->weight >= 0 || c->instance->settings.shows_no_weight == NO_WEIGHT_ZERO)
        add_number(t, "member_group_weight", g->weight >= 0 ? g->weight : 0);
    else if (c->instance->settings.shows_no_weight == NO_WEIGHT_NULL)
        add_field(t, "member_group_weight", NULL);
    add_field(t, "dict_code", "");
    add_field(t, "create_time", g->create_time);
    add_field(t, "update_time", g->create_time);
    add_field(t, "microservice_version", "");
    add_number(t, "microservice_port", 0);
    text_add(t, "\"microservice_labels\":[],");
    add_field(t, "reference_vpc_channel_id", g->reference_channel ? g->reference_channel : "");
    t->data[t->len - 1] = '}';
}

static void add_members(Text *t, Channel *c)
{
    text_add(t, "\"members\":[");
    model_catch_up(c);
    for (size_t i = 0; i < c->n_members; i++) {
        if (c->members[i]->hidden_until_msec != 0)
            continue;
        render_member(t, c, c->members[i], true);
        text_add(t, ",");
    }
    if (t->data[t->len - 1] == ',')
        t->len--;
    text_add(t, "],");
}

void render_channel(Text *t, Channel *c, bool details)
{
    static const char server_service[] =
        "\"microservice_info\":{\"id\":\"\",\"instance_id\":\"\",\"service_type\":\"\","
        "\"cse_info\":null,\"cce_info\":null},";
    bool is_micro = c->type == 3;
    size_t from = t->len;

    text_add(t, "{");
    add_field(t, "id", c->id);
    add_field(t, "name", c->name);
    add_number(t, "port", c->port);
    add_number(t, "balance_strategy", c->balance_strategy);
    add_field(t, "member_type", c->is_ecs ? "ecs" : "ip");
    add_number(t, "type", c->type);
    add_field(t, "vpc_channel_type", c->vpc_channel_type);
    add_field(t, "dict_code", "");
    add_field(t, "create_time", c->create_time);
    add_number(t, "status", c->status);
    text_add(t, "\"member_groups\":[");
    for (size_t i = 0; i < c->n_groups; i++) {
        if (i > 0)
            text_add(t, ",");
        render_group(t, c, &c->groups[i]);
    }
    text_add(t, "],");
    text_add(t, is_micro ? "\"microservice_info\":{\"service_type\":\"CCE\",\"cce_info\":{}},"
                         : server_service);
    if (details)
        text_add(t, "\"vpc_health_config\":null,");
    if (details && !is_micro)
        add_members(t, c);
    t->data[t->len - 1] = '}';
    if (c->odd)
        make_odd(t, from, c->odd);
}

void render_instance(Text *t, const Instance *i)
{
    text_add(t, "{");
    add_field(t, "id", i->id);
    add_field(t, "project_id", i->project_id);
    add_field(t, "instance_name", i->id);
    add_field(t, "status", i->status);
    add_number(t, "instance_status", strcmp(i->status, "Running") == 0 ? 6 : 0);
    add_field(t, "type", strcmp(i->prefix, "apic") == 0 ? "roma" : "apig");
    t->data[t->len - 1] = '}';
}

static void add_config(Text *t, const char *name, const char *remark, int value, size_t used)
{
    char *text = alloc_format("%d", value), *id = alloc_format("%032x", value);

    text_add(t, "{");
    add_field(t, "config_id", id);
    add_field(t, "config_name", name);
    add_field(t, "config_value", text);
    add_field(t, "config_time", "2024-01-02T03:04:05Z");
    add_field(t, "remark", remark);
    text_addf(t, "\"used\":%zu}", used);
    free(text);
    free(id);
}

void render_configs(Text *t, const Instance *i)
{
    size_t most = 0;

    for (size_t j = 0; j < i->n_channels; j++) {
        size_t n = i->channels[j]->n_members - i->channels[j]->n_ghosts;

        most = n > most ? n : most;
    }
    text_add(t, "{\"total\":2,\"size\":2,\"configs\":[");
    add_config(t, "VPC_NUM_LIMIT", "VPC channels", 200, i->n_channels);
    text_add(t, ",");
    add_config(t, "VPC_INSTANCE_NUM_LIMIT", "cloud servers in a VPC channel",
               i->settings.quota > 0 ? i->settings.quota : 10, most);
    text_add(t, "]}");
}
