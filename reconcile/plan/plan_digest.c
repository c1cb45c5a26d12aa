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

static int plan_digest_append_roster(Buf *text, const Desired *desired)
{
    size_t count = desired->channel->member_count;
    _cleanup_free_ DesiredKey *keys = calloc(count ? count : 1, sizeof(*keys));

    if (!keys)
        return -ENOMEM;
    memcpy(keys, desired->keys, count * sizeof(*keys));
    qsort(keys, count, sizeof(*keys), plan_digest_by_bytes);
    buf_printf(text, "roster %zu\n", count);
    for (size_t i = 0; i < count; i++)
        plan_digest_append(text, keys[i].bytes, keys[i].size);
    return 0;
}

static void plan_digest_append_changes(Buf *text, const Plan *plan)
{
    buf_printf(text, "changes %zu\n", plan->extra_count);
    for (size_t i = 0; i < plan->extra_count; i++) {
        plan_digest_append_text(text, "delete");
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

    assert(plan->extra_count > 0);
    buf_puts(&text, "rosterd plan 2\n");
    plan_digest_append_instance(&text, instance);
    plan_digest_append_text(&text, diff->channel_id);
    if (plan_digest_append_roster(&text, diff->desired) < 0)
        return -ENOMEM;
    plan_digest_append_changes(&text, plan);
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
