/* SPDX-License-Identifier: MIT */
#include "daemon/shared/carry_value.h"

#include <errno.h>

#include "daemon/base/str.h"
#include "daemon/shared/fields.h"

const char *carry_value_left_out_text(CarryValueLeftOut left_out)
{
    static const char *const texts[] = {
        [CARRY_WHOLE] = "",
        [CARRY_WITHOUT_SIGHTINGS] = "sightings",
        [CARRY_WITHOUT_ORIGINALS] = "sightings and members as they were before",
        [CARRY_WITHOUT_CONDITIONS] = "sightings, members as they were before and open conditions",
        [CARRY_WITHOUT_QUARANTINE] = "all but its time",
    };

    return texts[left_out];
}

/* ---- writing ---- */

static void carry_value_put_sightings(JsonWriter *writer, const StoreCarry *carry)
{
    json_open_array(writer, "sightings");
    for (size_t i = 0; i < carry->sighting_count; i++) {
        const CarrySighting *row = &carry->sightings[i];

        json_open_object(writer, NULL);
        json_put_string(writer, "channel_id", row->channel_id);
        json_put_string(writer, "member_id", row->member_id);
        json_put_number_if(writer, "count", row->count > 0, row->count);
        json_close_object(writer);
    }
    json_close_array(writer);
}

static void carry_value_put_quarantine(JsonWriter *writer, const StoreCarry *carry,
                                       bool with_originals)
{
    json_open_array(writer, "quarantine");
    for (size_t i = 0; i < carry->quarantine_count; i++) {
        const CarryQuarantined *row = &carry->quarantine[i];

        json_open_object(writer, NULL);
        json_put_string(writer, "channel_id", row->channel_id);
        json_put_text(writer, "channel_name", row->channel_name);
        json_put_string(writer, "member_id", row->member_id);
        if (row->identity_size > 0)
            fields_put_bytes(writer, "identity", row->identity, row->identity_size);
        if (with_originals && row->original)
            json_put_text(writer, "original", row->original);
        json_put_bool(writer, "ours", row->is_ours);
        json_put_number(writer, "span_usec", row->span_usec);
        json_put_number_if(writer, "passed_usec", row->passed_usec > 0, row->passed_usec);
        json_close_object(writer);
    }
    json_close_array(writer);
}

static void carry_value_put_conditions(JsonWriter *writer, const StoreCarry *carry)
{
    json_open_array(writer, "conditions");
    for (size_t i = 0; i < carry->condition_count; i++) {
        const CarryCondition *row = &carry->conditions[i];

        json_open_object(writer, NULL);
        json_put_string(writer, "notifier", row->notifier);
        json_put_string(writer, "kind", row->kind);
        json_put_text(writer, "channel", row->channel);
        json_put_text(writer, "channel_name", row->channel_name);
        json_put_number_if(writer, "since_usec", row->since_usec > 0, row->since_usec);
        json_put_bool(writer, "open", row->is_open);
        json_put_number_if(writer, "passes", row->passes > 0, row->passes);
        json_put_number_if(writer, "told_ago_usec", row->told_ago_usec > 0, row->told_ago_usec);
        json_close_object(writer);
    }
    json_close_array(writer);
}

/* An array that is left out is not known. */
static int carry_value_write(const StoreCarry *carry, uint64_t realtime_usec,
                             CarryValueLeftOut left_out, Buf *json)
{
    JsonWriter writer = {.buf = json, .is_compact = true};

    buf_reset(json);
    json_open_object(&writer, NULL);
    json_put_number(&writer, "at_usec", realtime_usec);
    if (left_out < CARRY_WITHOUT_SIGHTINGS)
        carry_value_put_sightings(&writer, carry);
    if (left_out < CARRY_WITHOUT_QUARANTINE)
        carry_value_put_quarantine(&writer, carry, left_out < CARRY_WITHOUT_ORIGINALS);
    if (left_out < CARRY_WITHOUT_CONDITIONS)
        carry_value_put_conditions(&writer, carry);
    json_close_object(&writer);
    return json_end(&writer);
}

int carry_value_append(const StoreCarry *carry, uint64_t realtime_usec, Buf *json)
{
    CarryValueLeftOut left_out = CARRY_WHOLE;

    for (;; left_out++) {
        int r = carry_value_write(carry, realtime_usec, left_out, json);

        if (r < 0)
            return r;
        if (json->size <= CARRY_VALUE_SIZE_MAX || left_out == CARRY_WITHOUT_QUARANTINE)
            return (int)left_out;
    }
}

/* ---- reading ---- */

static int carry_value_read_sighting(const Json *root, StoreCarry *carry, Err *err)
{
    CarrySighting row = {0};
    uint64_t count = 0;
    int r = fields_text(root, "channel_id", true, &carry->arena, &row.channel_id, err);

    if (r == 0)
        r = fields_text(root, "member_id", true, &carry->arena, &row.member_id, err);
    if (r == 0)
        r = json_take_number(root, "count", UINT32_MAX, &count, err);
    if (r < 0)
        return r;
    row.count = (uint32_t)count;
    if (mem_grow(&carry->sightings, &carry->sighting_capacity, carry->sighting_count + 1,
                 sizeof(row)) < 0)
        return err_memory(err);
    carry->sightings[carry->sighting_count++] = row;
    return 0;
}

static int carry_value_add_quarantined(StoreCarry *carry, const CarryQuarantined *row, Err *err)
{
    if (mem_grow(&carry->quarantine, &carry->quarantine_capacity, carry->quarantine_count + 1,
                 sizeof(*row)) < 0)
        return err_memory(err);
    carry->quarantine[carry->quarantine_count++] = *row;
    return 0;
}

static int carry_value_read_quarantined(const Json *root, StoreCarry *carry, Err *err)
{
    CarryQuarantined row = {.identity = "", .channel_name = ""};
    const char *name = NULL;
    Arena *arena = &carry->arena;
    int r = fields_text(root, "channel_id", true, arena, &row.channel_id, err);

    if (r == 0)
        r = fields_text(root, "channel_name", false, arena, &name, err);
    if (r == 0)
        r = fields_text(root, "member_id", true, arena, &row.member_id, err);
    if (r == 0 && json_find(root, "identity"))
        r = fields_bytes(root, "identity", arena, &row.identity, &row.identity_size, err);
    if (r == 0)
        r = fields_json(root, "original", arena, &row.original, err);
    if (r == 0)
        r = json_take_bool(root, "ours", &row.is_ours, err);
    if (r == 0)
        r = json_take_number(root, "span_usec", INT64_MAX, &row.span_usec, err);
    if (r == 0)
        r = json_take_number(root, "passed_usec", INT64_MAX, &row.passed_usec, err);
    if (r == 0 && row.span_usec == 0)
        r = err_set(err, -EINVAL, "span_usec: missing");
    if (r < 0)
        return r;
    row.channel_name = name ? name : "";
    return carry_value_add_quarantined(carry, &row, err);
}

static int carry_value_read_condition(const Json *root, StoreCarry *carry, Err *err)
{
    CarryCondition row = {0};
    uint64_t passes = 0;
    Arena *arena = &carry->arena;
    int r = fields_text(root, "notifier", true, arena, &row.notifier, err);

    if (r == 0)
        r = fields_text(root, "kind", true, arena, &row.kind, err);
    if (r == 0)
        r = fields_text(root, "channel", false, arena, &row.channel, err);
    if (r == 0)
        r = fields_text(root, "channel_name", false, arena, &row.channel_name, err);
    if (r == 0)
        r = json_take_number(root, "since_usec", INT64_MAX, &row.since_usec, err);
    if (r == 0)
        r = json_take_bool(root, "open", &row.is_open, err);
    if (r == 0)
        r = json_take_number(root, "passes", UINT32_MAX, &passes, err);
    if (r == 0)
        r = json_take_number(root, "told_ago_usec", INT64_MAX, &row.told_ago_usec, err);
    if (r == 0 && mem_grow(&carry->conditions, &carry->condition_capacity,
                           carry->condition_count + 1, sizeof(row)) < 0)
        r = err_memory(err);
    if (r < 0)
        return r;
    row.passes = (uint32_t)passes;
    row.channel = row.channel ? row.channel : "";
    row.channel_name = row.channel_name ? row.channel_name : "";
    carry->conditions[carry->condition_count++] = row;
    return 0;
}

typedef int (*CarryValueReadRow)(const Json *root, StoreCarry *carry, Err *err);

static int carry_value_read_rows(const Json *root, const char *key, CarryValueReadRow read_row,
                                 StoreCarry *carry, Err *err)
{
    const Json *rows = NULL;
    int r = fields_rows(root, key, &rows, err);

    for (size_t i = 0; i < json_length(rows) && r == 0; i++) {
        r = read_row(json_at(rows, i), carry, err);
        if (r < 0)
            fields_of_row(r, key, i, err);
    }
    return r;
}

static int carry_value_read_root(const Json *root, StoreCarry *carry, uint64_t *ret_at_usec,
                                 Err *err)
{
    int r = json_take_number(root, "at_usec", INT64_MAX, ret_at_usec, err);

    if (r == 0)
        r = carry_value_read_rows(root, "sightings", carry_value_read_sighting, carry, err);
    if (r == 0)
        r = carry_value_read_rows(root, "quarantine", carry_value_read_quarantined, carry, err);
    if (r == 0)
        r = carry_value_read_rows(root, "conditions", carry_value_read_condition, carry, err);
    carry->knows_conditions = json_find(root, "conditions") != NULL;
    return r;
}

int carry_value_read(const char *json, size_t size, StoreCarry *ret_carry, uint64_t *ret_at_usec,
                     Err *err)
{
    _cleanup_(json_freep) Json *root = NULL;
    int r;

    *ret_carry = (StoreCarry){0};
    *ret_at_usec = 0;
    if (size == 0)
        return 0;
    r = fields_parse(json, size, &root, err);
    return r < 0 ? r : carry_value_read_root(root, ret_carry, ret_at_usec, err);
}
