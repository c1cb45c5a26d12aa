/* SPDX-License-Identifier: MIT */
#include "reconcile/plan/plan_digest.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "config/instance_key.h"
#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "reconcile/plan/identity.h"

static int plan_digest_by_bytes(const void *left, const void *right)
{
    const DesiredKey *a = left, *b = right;

    return identity_compare(a->bytes, a->size, b->bytes, b->size);
}

static int plan_digest_by_text(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;

    return strcmp(*a, *b);
}

/* Each part is preceded by its size, so that no two different plans read alike. */
static void plan_digest_append(Buf *text, const void *bytes, size_t size)
{
    const unsigned char prefix[] = {(unsigned char)(size >> 24), (unsigned char)(size >> 16),
                                    (unsigned char)(size >> 8), (unsigned char)size};

    buf_append(text, prefix, sizeof(prefix));
    buf_append(text, bytes, size);
}

static void plan_digest_append_text(Buf *text, const char *part)
{
    plan_digest_append(text, part, strlen(part));
}

static void plan_digest_append_instance(Buf *text, const Instance *instance)
{
    char key[INSTANCE_KEY_SIZE];

    instance_key(instance, key);
    plan_digest_append_text(text, key);
}

/* The identities of the roster's members, in its order, in the arena; NULL when out of memory. */
static const DesiredKey *plan_digest_pack(const Desired *desired, Arena *arena)
{
    size_t count = desired->channel->member_count;
    DesiredKey *keys = arena_alloc(arena, (count + 1) * sizeof(*keys));

    for (size_t i = 0; keys && i < count; i++) {
        if (desired_copy_key(desired, i, arena, &keys[i]) < 0)
            return NULL;
    }
    return keys;
}

static int plan_digest_append_roster(Buf *text, const Desired *desired, const DesiredKey *packed)
{
    size_t count = desired->channel->member_count;
    _cleanup_free_ DesiredKey *keys = calloc(count ? count : 1, sizeof(*keys));

    if (!keys)
        return -ENOMEM;
    memcpy(keys, packed, count * sizeof(*keys));
    qsort(keys, count, sizeof(*keys), plan_digest_by_bytes);
    buf_printf(text, "roster %zu\n", count);
    for (size_t i = 0; i < count; i++)
        plan_digest_append(text, keys[i].bytes, keys[i].size);
    return 0;
}

/* A member that states something, in the order of identities. */
typedef struct Stating {
    DesiredKey key;
    const RosterMember *member;
} Stating;

static int plan_digest_by_key(const void *left, const void *right)
{
    return plan_digest_by_bytes(&((const Stating *)left)->key, &((const Stating *)right)->key);
}

static void plan_digest_append_stating(Buf *text, const Stating *stating)
{
    const RosterMember *member = stating->member;

    plan_digest_append(text, stating->key.bytes, stating->key.size);
    if (member->states & ROSTER_MEMBER_WEIGHT)
        buf_printf(text, "weight %u\n", member->weight);
    if (member->states & ROSTER_MEMBER_BACKUP)
        buf_printf(text, "backup %d\n", member->backup);
    if (member->states & ROSTER_MEMBER_ENABLED)
        buf_printf(text, "enabled %d\n", member->enabled);
    if (member->states & ROSTER_MEMBER_ECS_NAME) {
        buf_puts(text, "ecs_name\n");
        plan_digest_append_text(text, config_member_ecs_name(member));
    }
    buf_putc(text, '\n');
}

/* What the roster's members state beyond who they are; nothing where none does. */
static int plan_digest_append_stated(Buf *text, const Desired *desired, const DesiredKey *packed)
{
    const RosterChannel *channel = desired->channel;
    _cleanup_free_ Stating *stating = NULL;
    size_t count = 0;

    for (size_t i = 0; i < channel->member_count; i++)
        count += channel->members[i].states != 0;
    if (count == 0)
        return 0;
    stating = calloc(count, sizeof(*stating));
    if (!stating)
        return -ENOMEM;
    for (size_t i = 0, at = 0; at < count; i++) {
        if (channel->members[i].states)
            stating[at++] = (Stating){packed[i], &channel->members[i]};
    }
    qsort(stating, count, sizeof(*stating), plan_digest_by_key);
    buf_printf(text, "states %zu\n", count);
    for (size_t i = 0; i < count; i++)
        plan_digest_append_stating(text, &stating[i]);
    return 0;
}

/* The keys of the members that are missing, in order. */
static int plan_digest_append_additions(Buf *text, const Diff *diff, const DesiredKey *packed,
                                        size_t count)
{
    _cleanup_free_ DesiredKey *keys = calloc(count ? count : 1, sizeof(*keys));
    size_t added = 0;

    if (!keys)
        return -ENOMEM;
    for (size_t i = 0; i < diff->desired->channel->member_count && count > 0; i++) {
        if (!diff->seen[i])
            keys[added++] = packed[i];
    }
    assert(added == count);
    qsort(keys, count, sizeof(*keys), plan_digest_by_bytes);
    for (size_t i = 0; i < count; i++) {
        plan_digest_append_text(text, change_kind_text(CHANGE_ADD));
        plan_digest_append(text, keys[i].bytes, keys[i].size);
    }
    return 0;
}

static void plan_digest_append_corrections(Buf *text, const Plan *plan)
{
    for (size_t i = 0; i < plan->correct_count; i++) {
        plan_digest_append_text(text, change_kind_text(CHANGE_CORRECT));
        plan_digest_append(text, plan->changed[i].identity.bytes, plan->changed[i].identity.size);
        plan_digest_append_text(text, plan->changed[i].id);
        buf_printf(text, "%u\n", plan->changed[i].states);
    }
}

static void plan_digest_append_deletions(Buf *text, const Plan *plan)
{
    for (size_t i = 0; i < plan->extra_count; i++) {
        bool enters = plan->extras[i].fate == EXTRA_ENTERS;

        if (!plan_is_leaving(&plan->extras[i]))
            continue;
        plan_digest_append_text(text, change_kind_text(enters ? CHANGE_DISABLE : CHANGE_DELETE));
        plan_digest_append(text, plan->extras[i].identity, plan->extras[i].identity_size);
        plan_digest_append_text(text, plan->extras[i].id);
    }
}

static void plan_digest_append_guard(Buf *text, const Guard *guard)
{
    const GuardRow *row = guards_row(guard->name);

    if (!guard->refuses || row->cover == GUARD_UNCOVERED)
        return;
    buf_printf(text, "guard %s", row->name);
    if (row->cover == GUARD_COVERED_BY_NUMBER)
        buf_printf(text, " %" PRIu64, guard->planned);
    buf_putc(text, '\n');
}

int plan_digest_make(const Plan *plan, const Diff *diff, const Instance *instance,
                     const Guard guards[static GUARD_COUNT],
                     char ret_digest[static DIGEST_HEX_SIZE])
{
    _cleanup_(buf_done) Buf text = {0};
    _cleanup_(arena_done) Arena arena = {0};
    const DesiredKey *packed = plan_digest_pack(diff->desired, &arena);

    assert(plan_change_count(plan) > 0);
    if (!packed)
        return -ENOMEM;
    buf_puts(&text, "rosterd plan 2\n");
    plan_digest_append_instance(&text, instance);
    plan_digest_append_text(&text, diff->channel_id);
    if (plan_digest_append_roster(&text, diff->desired, packed) < 0 ||
        plan_digest_append_stated(&text, diff->desired, packed) < 0)
        return -ENOMEM;
    buf_printf(&text, "changes %zu\n", plan_change_count(plan));
    if (plan_digest_append_additions(&text, diff, packed, plan->add_count) < 0)
        return -ENOMEM;
    plan_digest_append_corrections(&text, plan);
    plan_digest_append_deletions(&text, plan);
    for (size_t i = 0; i < GUARD_COUNT; i++)
        plan_digest_append_guard(&text, &guards[i]);
    if (buf_failed(&text) < 0)
        return -ENOMEM;
    return digest_sha256_hex(text.data, text.size, ret_digest);
}

int plan_digest_combine(const Instance *instance, const char **digests, size_t count,
                        char ret_digest[static DIGEST_HEX_SIZE])
{
    _cleanup_(buf_done) Buf text = {0};

    assert(count > 0);
    qsort(digests, count, sizeof(*digests), plan_digest_by_text);
    buf_puts(&text, "rosterd plans 1\n");
    plan_digest_append_instance(&text, instance);
    for (size_t i = 0; i < count; i++)
        plan_digest_append_text(&text, digests[i]);
    if (buf_failed(&text) < 0)
        return -ENOMEM;
    return digest_sha256_hex(text.data, text.size, ret_digest);
}
