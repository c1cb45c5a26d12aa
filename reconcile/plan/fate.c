/* SPDX-License-Identifier: MIT */
#include "reconcile/plan/fate.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void fate_done(Fates *fates)
{
    free((void *)fates->enabled);
    free((void *)fates->freed);
    *fates = (Fates){0};
}

int fate_collect_ids(const Quarantine *quarantine, Map *ret_ids)
{
    for (size_t i = 0; i < quarantine->count; i++) {
        Quarantined *row = &quarantine->rows[i];

        if (map_put(ret_ids, row->member_id, strlen(row->member_id), row) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* An extra that is in quarantine by the state, and enabled by the list, has been enabled by
 * somebody: it enters anew. */
static ExtraFate fate_of(const Extra *extra, const Quarantined *row, uint64_t span_usec)
{
    if (!row || extra->fields.is_enabled)
        return span_usec > 0 ? EXTRA_ENTERS : EXTRA_DELETES;
    return row->left_usec > 0 ? EXTRA_WAITS : EXTRA_LEAVES;
}

static const Quarantined *fate_find(const Map *rows, const char *member_id)
{
    return map_find(rows, member_id, strlen(member_id));
}

/* `is_extra` has an element for each row in quarantine. */
static void fate_mark_extras(Diff *diff, const Quarantine *quarantine, const Map *rows,
                             uint64_t span_usec, bool *is_extra)
{
    for (size_t i = 0; i < diff->extra_count; i++) {
        Extra *extra = &diff->extras[i];
        const Quarantined *row = fate_find(rows, extra->id);

        extra->fate = fate_of(extra, row, span_usec);
        extra->until_usec = row ? row->until_usec : 0;
        if (row)
            is_extra[row - quarantine->rows] = true;
    }
}

/* Whether the roster itself wants the member disabled: then nothing is to be done. */
static bool fate_is_stated(const Diff *diff, const Kept *kept)
{
    const RosterMember *member;

    if (kept->wanted == DESIRED_NONE)
        return false;
    member = &diff->desired->channel->members[kept->wanted];
    return (member->states & ROSTER_MEMBER_ENABLED) && !member->enabled;
}

static void fate_free_others(const Diff *diff, const Quarantine *quarantine, const Map *rows,
                             Mode mode, const bool *is_extra, Fates *fates)
{
    for (size_t i = 0; i < diff->kept_count; i++) {
        const Kept *kept = &diff->kept[i];
        const Quarantined *row = fate_find(rows, kept->id);
        bool stays_extra;

        if (!row)
            continue;
        stays_extra = is_extra[row - quarantine->rows];
        if (!row->is_ours) {
            if (!stays_extra)
                fates->freed[fates->freed_count++] = kept->id;
        } else if ((!stays_extra || mode == MODE_OBSERVE) &&
                   diff_look(diff, kept->id) == DIFF_DISABLED && !fate_is_stated(diff, kept)) {
            fates->enabled[fates->enabled_count++] = kept;
        }
    }
}

int fate_judge(Diff *diff, const Quarantine *quarantine, Mode mode, uint64_t span_usec,
               Fates *ret_fates)
{
    bool deletes = mode == MODE_OBSERVE || mode_may(mode, MODE_DELETES);
    _cleanup_(map_done) Map rows = {0};
    _cleanup_free_ bool *is_extra = NULL;
    Fates fates = {0};

    *ret_fates = fates;
    if (quarantine->count == 0 && span_usec == 0)
        return 0;
    is_extra = calloc(quarantine->count + 1, sizeof(*is_extra));
    fates.enabled = calloc(diff->kept_count + 1, sizeof(*fates.enabled));
    fates.freed = calloc(diff->kept_count + 1, sizeof(*fates.freed));
    if (!is_extra || !fates.enabled || !fates.freed || fate_collect_ids(quarantine, &rows) < 0) {
        fate_done(&fates);
        return -ENOMEM;
    }
    if (deletes)
        fate_mark_extras(diff, quarantine, &rows, span_usec, is_extra);
    fate_free_others(diff, quarantine, &rows, mode, is_extra, &fates);
    *ret_fates = fates;
    return 0;
}
