/* SPDX-License-Identifier: MIT */
#include "reconcile/request/limiter.h"

#include <assert.h>

static bool limiter_is_active(const LimiterUser *user)
{
    return user->held > 0 || user->is_waiting;
}

/* Counts the user anew, after a change of what it holds, of its place or of its peer. */
static void limiter_recount(LimiterUser *user, bool was_active)
{
    Limiter *limiter = user->limiter;
    size_t silent = user->peer->is_silent ? user->held : 0;

    assert(limiter->silent >= user->silent && limiter->active >= was_active);
    limiter->silent = limiter->silent - user->silent + silent;
    limiter->active = limiter->active - was_active + limiter_is_active(user);
    user->silent = silent;
    assert(limiter->silent <= limiter->held && limiter->held <= limiter->total);
    assert(user->used <= user->held);
}

/* ---- the line ---- */

static void limiter_enter_line(LimiterUser *user, bool is_first)
{
    Limiter *limiter = user->limiter;
    bool was_active = limiter_is_active(user);

    assert(!user->is_waiting && !user->next && !user->previous);
    user->previous = is_first ? NULL : limiter->last;
    user->next = is_first ? limiter->first : NULL;
    *(user->previous ? &user->previous->next : &limiter->first) = user;
    *(user->next ? &user->next->previous : &limiter->last) = user;
    user->is_waiting = true;
    limiter_recount(user, was_active);
}

static void limiter_leave_line(LimiterUser *user)
{
    Limiter *limiter = user->limiter;

    if (!user->is_waiting)
        return;
    *(user->previous ? &user->previous->next : &limiter->first) = user->next;
    *(user->next ? &user->next->previous : &limiter->last) = user->previous;
    user->previous = user->next = NULL;
    user->is_waiting = false;
    limiter_recount(user, true);
}

/* ---- permits ---- */

static void limiter_give(LimiterUser *user)
{
    bool was_active = limiter_is_active(user);

    assert(user->limiter->held < user->limiter->total);
    user->limiter->held++;
    user->held++;
    limiter_recount(user, was_active);
}

static void limiter_take_back(LimiterUser *user)
{
    assert(user->held > user->used && user->limiter->held > 0);
    user->limiter->held--;
    user->held--;
    limiter_recount(user, true);
}

static size_t limiter_share(const Limiter *limiter)
{
    size_t share = limiter->total / limiter->active;

    return share > 0 ? share : 1;
}

/* Whether a free permit may go to one in line; `is_alone`: no other is. */
static bool limiter_may_have(const LimiterUser *user, bool is_alone)
{
    const Limiter *limiter = user->limiter;
    size_t silent_max = limiter->total > 1 ? limiter->total / 2 : 1;

    if (user->peer->is_silent && limiter->silent >= silent_max)
        return false;
    return is_alone || user->held < limiter_share(limiter);
}

/* Gives what is free to those in line; `asking` is not woken. */
static void limiter_hand_out(Limiter *limiter, const LimiterUser *asking)
{
    LimiterUser *next;

    for (LimiterUser *user = limiter->first; user && limiter->held < limiter->total; user = next) {
        next = user->next;
        if (!limiter_may_have(user, limiter->first == limiter->last))
            continue;
        limiter_give(user);
        limiter_leave_line(user);
        user->has_turn = false;
        if (user != asking)
            user->wake(user->userdata);
    }
}

void limiter_join(Limiter *limiter, LimiterUser *user, const LimiterPeer *peer, LimiterWake wake,
                  void *userdata)
{
    assert(!limiter || (limiter->total > 0 && peer && wake));
    *user = (LimiterUser){.limiter = limiter, .peer = peer, .wake = wake, .userdata = userdata};
}

void limiter_leave(LimiterUser *user)
{
    user->used = 0;
    limiter_rest(user, false);
}

static bool limiter_is_over(const LimiterUser *user, uint64_t now_usec)
{
    uint64_t usec = now_usec - user->turn_usec;

    return user->has_turn &&
           (usec >= LIMITER_TURN_MAX_USEC ||
            (usec >= LIMITER_TURN_USEC && user->turn_requests >= LIMITER_TURN_REQUESTS));
}

/* Its turn is over: goes to the end of the line, unless no other can use its permit. */
static void limiter_end_turn(LimiterUser *user)
{
    limiter_leave_line(user);
    limiter_take_back(user);
    limiter_hand_out(user->limiter, NULL);
}

bool limiter_take(LimiterUser *user, bool is_urgent, uint64_t now_usec)
{
    if (!user->limiter)
        return true;
    limiter_recount(user, limiter_is_active(user));
    if (user->held > user->used && user->limiter->first && !is_urgent &&
        limiter_is_over(user, now_usec))
        limiter_end_turn(user);
    if (user->held == user->used && is_urgent)
        limiter_leave_line(user);
    if (user->held == user->used && !user->is_waiting)
        limiter_enter_line(user, is_urgent);
    if (user->held == user->used)
        limiter_hand_out(user->limiter, user);
    if (user->held == user->used)
        return false;
    if (!user->has_turn) {
        user->turn_usec = now_usec;
        user->turn_requests = 0;
    }
    user->has_turn = true;
    user->turn_requests++;
    user->used++;
    return true;
}

void limiter_end(LimiterUser *user)
{
    if (!user->limiter)
        return;
    assert(user->used > 0);
    user->used--;
    limiter_recount(user, true);
}

void limiter_rest(LimiterUser *user, bool still_wants)
{
    if (!user->limiter)
        return;
    if (!still_wants)
        limiter_leave_line(user);
    while (user->held > user->used)
        limiter_take_back(user);
    if (user->held == 0)
        user->has_turn = false;
    limiter_hand_out(user->limiter, NULL);
}

bool limiter_is_waiting(const LimiterUser *user)
{
    return user->is_waiting;
}
