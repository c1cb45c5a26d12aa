/* SPDX-License-Identifier: MIT */
#include "config/roster/roster_writer.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/address.h"
#include "config/roster/members.h"
#include "config/schema/schema.h"
#include "config/yaml/yaml.h"
#include "config/yaml/yaml_writer.h"
#include "daemon/base/str.h"

static bool is_text(const char *text, unsigned key)
{
    return schema_may_be_text(text, strlen(text), 1, member_schema.keys[key].max);
}

bool roster_writer_can_state_weight(int64_t weight)
{
    return weight >= 0 && (uint64_t)weight <= member_schema.keys[MEMBER_KEY_WEIGHT].max;
}

bool roster_writer_can_state_ecs_name(const char *ecs_name)
{
    return is_text(ecs_name, MEMBER_KEY_ECS_NAME);
}

int roster_writer_check(const RosterWriterMember *member, Err *err)
{
    char canonical[ADDRESS_SIZE_MAX];
    AddressKind kind;

    if (member->is_ecs &&
        (!is_text(member->address, MEMBER_KEY_ECS_ID) || !members_is_ecs_id(member->address)))
        return err_set(err, -EINVAL, "a roster cannot name the ecs_id %.200s", member->address);
    if (!member->is_ecs && (address_parse(member->address, canonical, &kind) < 0 ||
                            !str_equal(canonical, member->address)))
        return err_set(err, -EINVAL, "a roster cannot name the host %.200s", member->address);
    if (member->group[0] != '\0' && !is_text(member->group, MEMBER_KEY_GROUP))
        return err_set(err, -EINVAL,
                       "a roster cannot name the group %.300s: it must be 1 to %u characters "
                       "without control characters and marks of templates",
                       member->group, MEMBER_GROUP_MAX);
    assert(!(member->states & ROSTER_MEMBER_WEIGHT) ||
           roster_writer_can_state_weight(member->weight));
    assert(!(member->states & ROSTER_MEMBER_ECS_NAME) ||
           (member->is_ecs && roster_writer_can_state_ecs_name(member->ecs_name)));
    return 0;
}

bool roster_writer_fits(size_t size)
{
    return size <= YAML_SIZE_MAX;
}

void roster_writer_put_head(Buf *buf, const char *instance)
{
    buf_puts(buf, "version: 1\ninstance: ");
    yaml_writer_put_text(buf, instance, false);
    buf_puts(buf, "\nchannels:\n");
}

void roster_writer_put_channel(Buf *buf, const char *id, const char *name, bool is_empty)
{
    buf_puts(buf, "  - id: ");
    yaml_writer_put_text(buf, id, false);
    if (name[0] != '\0')
        yaml_writer_put_comment(buf, name);
    buf_puts(buf, is_empty ? "\n    allow_empty: true\n    members: []\n" : "\n    members:\n");
}

static void put_address(Buf *buf, const RosterWriterMember *member)
{
    bool is_v6 = !member->is_ecs && strchr(member->address, ':');

    if (member->is_ecs || !is_v6)
        yaml_writer_put_text(buf, member->address, true);
    else
        buf_printf(buf, "\"[%s]\"", member->address);
}

static void put_bool(Buf *buf, const char *key, bool value)
{
    buf_printf(buf, ", %s: %s", key, value ? "true" : "false");
}

static void put_map(Buf *buf, const RosterWriterMember *member)
{
    buf_puts(buf, member->is_ecs ? "{ecs_id: " : "{host: ");
    put_address(buf, member);
    if (member->port)
        buf_printf(buf, ", port: %u", member->port);
    if (member->group[0] != '\0') {
        buf_puts(buf, ", group: ");
        yaml_writer_put_text(buf, member->group, true);
    }
    if (member->states & ROSTER_MEMBER_ECS_NAME) {
        buf_puts(buf, ", ecs_name: ");
        yaml_writer_put_text(buf, member->ecs_name, true);
    }
    if (member->states & ROSTER_MEMBER_WEIGHT)
        buf_printf(buf, ", weight: %" PRId64, member->weight);
    if (member->states & ROSTER_MEMBER_BACKUP)
        put_bool(buf, "backup", member->backup);
    if (member->states & ROSTER_MEMBER_ENABLED)
        put_bool(buf, "enabled", member->enabled);
    buf_putc(buf, '}');
}

/* HOST or HOST:PORT. */
static void put_short(Buf *buf, const RosterWriterMember *member)
{
    char text[ADDRESS_SIZE_MAX + 16];
    const char *open = strchr(member->address, ':') ? "[" : "";
    int size = snprintf(text, sizeof(text), "%s%s%s", open, member->address, open[0] ? "]" : "");

    if (member->port)
        snprintf(text + size, sizeof(text) - (size_t)size, ":%u", member->port);
    yaml_writer_put_text(buf, text, false);
}

void roster_writer_put_member(Buf *buf, const RosterWriterMember *member)
{
    buf_puts(buf, "      - ");
    if (member->is_ecs || member->group[0] != '\0' || member->states)
        put_map(buf, member);
    else
        put_short(buf, member);
    if (member->comment)
        yaml_writer_put_comment(buf, member->comment);
    buf_putc(buf, '\n');
}
