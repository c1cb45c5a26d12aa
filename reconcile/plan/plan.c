/* SPDX-License-Identifier: MIT */
#include "reconcile/plan/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"

static int plan_compare_bytes(const void *a, size_t a_size, const void *b, size_t b_size)
{
    int order = memcmp(a, b, a_size < b_size ? a_size : b_size);

    return order ? order : (a_size > b_size) - (a_size < b_size);
}

static int plan_by_identity(const void *left, const void *right)
{
    const Extra *a = left, *b = right;
    int order = plan_compare_bytes(a->identity, a->identity_size, b->identity, b->identity_size);

    return order ? order : strcmp(a->id, b->id);
}

static int plan_by_bytes(const void *left, const void *right)
{
    const DesiredKey *a = left, *b = right;

    return plan_compare_bytes(a->bytes, a->size, b->bytes, b->size);
}

/* Each part is preceded by its size, so that no two different plans read alike. */
static void plan_append(Buf *text, const void *bytes, size_t size)
{
    const unsigned char prefix[] = {(unsigned char)(size >> 24), (unsigned char)(size >> 16),
                                    (unsigned char)(size >> 8), (unsigned char)size};

    buf_append(text, prefix, sizeof(prefix));
    buf_append(text, bytes, size);
}

static int plan_append_roster(Buf *text, const Desired *desired)
{
    size_t count = desired->channel->member_count;
    _cleanup_free_ DesiredKey *keys = calloc(count ? count : 1, sizeof(*keys));

    if (!keys)
        return -ENOMEM;
    memcpy(keys, desired->keys, count * sizeof(*keys));
    qsort(keys, count, sizeof(*keys), plan_by_bytes);
    buf_printf(text, "roster %zu\n", count);
    for (size_t i = 0; i < count; i++)
        plan_append(text, keys[i].bytes, keys[i].size);
    return 0;
}

static int plan_digest(const Plan *plan, const Diff *diff, const char *instance_name,
                       char *ret_digest)
{
    _cleanup_(buf_done) Buf text = {0};

    buf_puts(&text, "rosterd plan 1\n");
    plan_append(&text, instance_name, strlen(instance_name));
    plan_append(&text, diff->channel_id, strlen(diff->channel_id));
    if (plan_append_roster(&text, diff->desired) < 0)
        return -ENOMEM;
    buf_printf(&text, "extras %zu\n", plan->extra_count);
    for (size_t i = 0; i < plan->extra_count; i++) {
        plan_append(&text, plan->extras[i].identity, plan->extras[i].identity_size);
        plan_append(&text, plan->extras[i].id, strlen(plan->extras[i].id));
    }
    if (buf_failed(&text) < 0)
        return -ENOMEM;
    return digest_sha256_hex(text.data, text.size, ret_digest);
}

int plan_make(Diff *diff, const char *instance_name, Plan *ret_plan)
{
    Plan plan = {
        .extras = diff->extras,
        .extra_count = diff->extra_count,
        .live_count = diff->live_count,
        .ignored_count = diff->ignored_count,
        .staying_in_service = diff->staying_in_service,
    };
    int r = 0;

    for (size_t i = 0; i < diff->desired->channel->member_count; i++)
        plan.missing_count += !diff->seen[i];
    if (plan.extra_count > 0) {
        qsort(plan.extras, plan.extra_count, sizeof(*plan.extras), plan_by_identity);
        r = plan_digest(&plan, diff, instance_name, plan.digest);
    }
    if (r == 0)
        *ret_plan = plan;
    return r;
}
