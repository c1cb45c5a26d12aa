/* SPDX-License-Identifier: MIT */
/* All that may happen to who owns an instance, some steps far, and what comes of it. */
#include "daemon/base/mem.h"
#include "tests/unit/ownership_case.h"
#include "tests/unit/story_text.h"
#include "tests/unit/walk.h"

typedef struct OwnershipPlace {
    Ownership ownership;
    uint64_t now_usec;
} OwnershipPlace;

typedef enum OwnershipStep {
    STEP_LEASE,
    STEP_LOST,
    STEP_NOBODY,
    STEP_NOBODY_NO_ROOM,
    STEP_OTHER,
    STEP_SELF,
    STEP_OTHER_OLDER,
    STEP_ROOM,
    STEP_EARLY,
    STEP_TIME,
    STEP_WON_AT_ONCE,
    STEP_WON,
    STEP_TAKEN_OTHER,
    STEP_TAKEN_SELF,
    STEP_LOOKED_NOBODY,
    STEP_LOOKED_OTHER,
    STEP_LOOKED_SELF,
    STEP_RELEASED,
    STEP_UNANSWERED,
    STEP_FENCED,
    STEP_DRAIN,
    STEP_DRAIN_BUSY,
    STEP_UNDRAIN,
    STEP_STEP,
    STEP_STEP_BUSY,
    STEP_WAIT,
} OwnershipStep;

static const char *const steps[] = {
    "a lease",
    "the lease is lost",
    "nobody owns it",
    "nobody owns it, and there is no room",
    "another owns it",
    "this host owns it",
    "another owned it before",
    "room",
    "too early",
    "its time",
    "won, handed over",
    "won",
    "taken by another",
    "taken by this host",
    "looked: nobody",
    "looked: another",
    "looked: this host",
    "released",
    "unanswered",
    "fenced",
    "drain",
    "drain while busy",
    "undrain",
    "step",
    "step while busy",
    "the handover's time passes",
};

static Host host;

static bool may(const void *state, size_t step)
{
    const Ownership *ownership = &((const OwnershipPlace *)state)->ownership;
    bool campaigns_now = ownership->state == OWNERSHIP_CAMPAIGNING;
    bool looks = ownership->state == OWNERSHIP_UNCERTAIN && ownership->is_asking;

    if (step == STEP_LEASE || step == STEP_LOST)
        return ownership->has_lease == (step == STEP_LOST);
    if (step == STEP_EARLY || step == STEP_TIME)
        return ownership->next_usec != USEC_NEVER;
    if (step >= STEP_WON_AT_ONCE && step <= STEP_TAKEN_SELF)
        return campaigns_now;
    if (step >= STEP_LOOKED_NOBODY && step <= STEP_LOOKED_SELF)
        return looks;
    if (step == STEP_RELEASED)
        return ownership->state == OWNERSHIP_RELEASING && ownership->is_asking;
    if (step == STEP_UNANSWERED)
        return ownership->is_asking;
    if (step == STEP_SELF || step == STEP_OTHER_OLDER)
        return ownership->has_lease && ownership->revision > 0;
    return true;
}

static void tell_owner(Ownership *ownership, size_t step)
{
    uint64_t revision = ownership->revision + 1;

    host.is_full = step == STEP_NOBODY_NO_ROOM;
    if (step == STEP_NOBODY || step == STEP_NOBODY_NO_ROOM)
        ownership_on_owner(ownership, OWNER_NOBODY, revision, 0);
    else if (step == STEP_OTHER)
        ownership_on_owner(ownership, OWNER_OTHER, revision, 0);
    else if (step == STEP_SELF)
        ownership_on_owner(ownership, OWNER_SELF, revision, revision);
    else
        ownership_on_owner(ownership, OWNER_OTHER, revision - 2, 0);
}

static void come(Ownership *ownership, bool is_early)
{
    if (ownership->next_usec > host.now_usec)
        host.now_usec = ownership->next_usec - is_early;
    ownership_on_time(ownership);
    host.now_usec += is_early;
}

static void answer(Ownership *ownership, size_t step)
{
    uint64_t revision = ownership->revision + 1;

    if (step == STEP_WON_AT_ONCE || step == STEP_WON)
        ownership_on_won(ownership, revision, step == STEP_WON_AT_ONCE);
    else if (step == STEP_TAKEN_OTHER || step == STEP_TAKEN_SELF)
        ownership_on_taken(ownership, step == STEP_TAKEN_SELF ? OWNER_SELF : OWNER_OTHER, revision,
                           step == STEP_TAKEN_SELF ? revision : 0);
    else if (step == STEP_RELEASED)
        ownership_on_released(ownership, revision);
    else
        ownership_on_looked(ownership,
                            step == STEP_LOOKED_NOBODY  ? OWNER_NOBODY
                            : step == STEP_LOOKED_OTHER ? OWNER_OTHER
                                                        : OWNER_SELF,
                            revision, step == STEP_LOOKED_SELF ? revision : 0);
}

static void take_other(Ownership *ownership, size_t step)
{
    if (step == STEP_LEASE)
        ownership_on_lease(ownership);
    else if (step == STEP_LOST)
        ownership_on_lost(ownership, "the lease is lost");
    else if (step == STEP_ROOM)
        ownership_on_room(ownership);
    else if (step == STEP_UNANSWERED)
        ownership_on_unanswered(ownership);
    else if (step == STEP_FENCED)
        ownership_on_fenced(ownership);
    else if (step == STEP_DRAIN || step == STEP_DRAIN_BUSY)
        ownership_drain(ownership, "it is drained");
    else if (step == STEP_UNDRAIN)
        ownership_undrain(ownership);
    else if (step == STEP_STEP || step == STEP_STEP_BUSY)
        ownership_step(ownership);
    else
        host.now_usec += HANDOVER;
}

static void take(void *state, size_t step, Buf *done)
{
    OwnershipPlace *place = state;
    Ownership *ownership = &host.ownership;

    host = (Host){.ownership = place->ownership,
                  .now_usec = place->now_usec,
                  .wake_usec = 1,
                  .is_busy = step == STEP_DRAIN_BUSY || step == STEP_STEP_BUSY};
    if (step >= STEP_NOBODY && step <= STEP_OTHER_OLDER)
        tell_owner(ownership, step);
    else if (step == STEP_EARLY || step == STEP_TIME)
        come(ownership, step == STEP_EARLY);
    else if (step >= STEP_WON_AT_ONCE && step <= STEP_RELEASED)
        answer(ownership, step);
    else
        take_other(ownership, step);
    buf_puts(done, buf_text(&host.done));
    buf_done(&host.done);
    if (host.wake_usec != 1) {
        walk_note(done, "", "");
        walk_put_moment(done, "wake", host.wake_usec, host.now_usec);
    }
    *place = (OwnershipPlace){host.ownership, host.now_usec};
}

static void put(const void *state, Buf *buf)
{
    static const char *const states[] = {"standby", "campaigning", "uncertain", "owned",
                                         "releasing"};
    static const char *const owners[] = {"unknown", "nobody", "another", "this host"};
    const OwnershipPlace *place = state;
    const Ownership *ownership = &place->ownership;

    host.now_usec = place->now_usec;
    buf_printf(buf, "%s, owner %s (%u) by %u, acts by %u", states[ownership->state],
               owners[ownership->owner], (unsigned)ownership->owner_token,
               (unsigned)ownership->revision, (unsigned)ownership->token);
    walk_put_moment(buf, ", changes from", ownership->change_from_usec, place->now_usec);
    walk_put_moment(buf, ", next", ownership->next_usec, place->now_usec);
    buf_printf(buf, ", %u failures%s%s%s%s%s", ownership->failures,
               ownership->has_lease ? ", lease" : "", ownership->is_drained ? ", drained" : "",
               ownership->is_asking ? ", asking" : "",
               ownership->is_given_away ? ", given away" : "",
               ownership_allows_changes(ownership) ? ", allows changes" : "");
}

/* From what comes of some steps. */
static void walk_after(const OwnershipStep *first, size_t count, Buf *buf)
{
    OwnershipPlace place = {.now_usec = BEGAN};
    const Walk from = {.first = &place,
                       .state_size = sizeof(place),
                       .steps = steps,
                       .step_count = ELEMENTS(steps),
                       .depth = 2,
                       .may = may,
                       .take = take,
                       .put = put};
    _cleanup_(buf_done) Buf done = {0};

    ownership_init(&place.ownership, &ops, &host, 3, HANDOVER);
    for (size_t i = 0; i < count; i++)
        take(&place, first[i], &done);
    walk(&from, buf);
    buf_putc(buf, '\n');
}

static void whatever_happens_to_an_ownership(void **state)
{
    static const OwnershipStep campaign_first[] = {STEP_NOBODY, STEP_LEASE};
    static const OwnershipStep own[] = {STEP_NOBODY, STEP_LEASE, STEP_WON};
    static const OwnershipStep release_first[] = {STEP_NOBODY, STEP_LEASE, STEP_WON_AT_ONCE,
                                                  STEP_DRAIN};
    static const OwnershipStep look_first[] = {STEP_NOBODY, STEP_LEASE, STEP_UNANSWERED, STEP_TIME};
    _cleanup_(buf_done) Buf buf = {0};

    (void)state;
    walk_after(NULL, 0, &buf);
    walk_after(campaign_first, ELEMENTS(campaign_first), &buf);
    walk_after(own, ELEMENTS(own), &buf);
    walk_after(release_first, ELEMENTS(release_first), &buf);
    walk_after(look_first, ELEMENTS(look_first), &buf);
    story_text_check("an_ownership", &buf);
}

static void take_told(OwnershipPlace *place, OwnershipStep step, Buf *buf)
{
    _cleanup_(buf_done) Buf done = {0};

    take(place, step, &done);
    buf_printf(buf, "%s: %s\n", steps[step], buf_text(&done));
}

/* What etcd does not answer is asked for less and less often. */
static void tries_double_up_to_their_most(void **state)
{
    OwnershipPlace place = {.now_usec = BEGAN};
    _cleanup_(buf_done) Buf buf = {0};

    (void)state;
    ownership_init(&place.ownership, &ops, &host, 3, HANDOVER);
    take_told(&place, STEP_NOBODY, &buf);
    take_told(&place, STEP_LEASE, &buf);
    for (size_t i = 0; i < 9; i++) {
        take_told(&place, STEP_UNANSWERED, &buf);
        take_told(&place, STEP_TIME, &buf);
    }
    story_text_check("an_ownership_unanswered", &buf);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_to_an_ownership),
        cmocka_unit_test(tries_double_up_to_their_most),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
