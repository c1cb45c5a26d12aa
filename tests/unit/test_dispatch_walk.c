/* SPDX-License-Identifier: MIT */
/* All that may happen to the requests of an instance, one that reads and one that deletes, from
 * where they may stand, and what comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "reconcile/request/dispatch.h"
#include "tests/unit/dispatch_words.h"
#include "tests/unit/story_text.h"
#include "tests/unit/walk.h"

#define BEGAN USEC_PER_DAY

typedef struct DispatchPlace {
    Dispatch dispatch;
    Call calls[2]; /* one that reads, one that deletes */
    Throttle throttle;
    uint64_t now_usec;
} DispatchPlace;

/* The one of which something is tried stands here, whence the queues' pointers are good. */
static struct {
    DispatchPlace place;
    int submit_error, renew_error;
    bool refuses;
    Buf *done;
} env;

static Instance instance = {.name = "prod"};
static const Config config = {
    .instances = &instance,
    .instance_count = 1,
    .limits = {.concurrency = 2},
    .retry = {.attempts = 2, .base_usec = USEC_PER_SEC, .cap_usec = 8 * USEC_PER_SEC},
};

static uint64_t env_now(void *context)
{
    (void)context;
    return env.place.now_usec;
}

static uint64_t env_random(void *context)
{
    (void)context;
    return 0;
}

static int env_submit(void *context, const Request *request)
{
    (void)context;
    walk_note(env.done, "send",
              request->kind == REQUEST_LIST_MEMBERS ? "the reading" : "the deletion");
    return env.submit_error;
}

static int env_renew(void *context, size_t number)
{
    (void)context;
    assert_int_equal(number, 0);
    walk_note(env.done, "renew", "");
    return env.renew_error;
}

static void env_tell(void *context, const Event *event)
{
    static const char *const words[] = {[EVENT_RETRY] = "retry",
                                        [EVENT_INSTANCE_FAILED] = "the instance failed",
                                        [EVENT_RENEWED] = "renewed"};

    (void)context;
    walk_note(env.done, words[event->kind], "");
    buf_printf(env.done, " [%s %s %s %s %s %s %u %.1f s: %s]", event->pass, event->instance_name,
               event->channel_id, event->channel_name, event->member_id, event->member,
               event->attempt, (double)event->wait_usec / (double)USEC_PER_SEC,
               event->err ? event->err->text : "-");
}

static const Ops ops = {
    .now_usec = env_now,
    .random = env_random,
    .submit = env_submit,
    .renew = env_renew,
    .tell = env_tell,
};

static void on_end(Call *call, CallEnd end, const Answer *answer, const Err *err)
{
    static const char *const words[] = {"done",    "uncertain", "odd",      "gone",   "failed",
                                        "channel", "instance",  "withheld", "stopped"};

    walk_note(env.done, call == &env.place.calls[0] ? "the reading ends" : "the deletion ends",
              words[end]);
    buf_printf(env.done, " [%d: %s]", answer ? answer->http : -1,
               err && err_is_set(err) ? err->text : "-");
}

static bool may_send(Call *call, Err *why)
{
    assert_ptr_equal(call, &env.place.calls[1]);
    if (env.refuses)
        err_set(why, -EPERM, "its window has closed");
    return !env.refuses;
}

/* ---- what may happen ---- */

static const Answer answers[] = {
    {.kind = ANSWER_HTTP, .http = 200, .request_id = "r1"},
    {.kind = ANSWER_HTTP, .http = 204},
    {.kind = ANSWER_HTTP, .http = 400, .code = "APIG.2001", .message = "no"},
    {.kind = ANSWER_HTTP, .http = 401, .code = "APIG.1001"},
    {.kind = ANSWER_HTTP, .http = 403, .code = "APIG.1005"},
    {.kind = ANSWER_HTTP, .http = 404, .code = "APIG.3024"},
    {.kind = ANSWER_HTTP,
     .http = 429,
     .code = "APIG.0308",
     .has_retry_after = true,
     .retry_after_usec = 7 * USEC_PER_SEC},
    {.kind = ANSWER_HTTP, .http = 503},
    {.kind = ANSWER_ODD, .http = 200, .message = "its body is odd"},
    {.kind = ANSWER_TIMEOUT, .message = "no answer in time"},
    {.kind = ANSWER_LOST, .message = "the connection was lost"},
    {.kind = ANSWER_NOT_SENT, .message = "no connection"},
    {.kind = ANSWER_UNTRUSTED, .message = "not trusted"},
    {.kind = ANSWER_REFUSED, .message = "not sent"},
    {.kind = ANSWER_WITHHELD, .message = "no lease"},
};

#define ANSWERS ELEMENTS(answers)

typedef enum DispatchStep {
    STEP_READ,
    STEP_READ_LATER,
    STEP_DELETE,
    STEP_PUMP,
    STEP_TIME,
    STEP_NO_CREDENTIAL,
    STEP_NO_CREDENTIAL_NOR_RENEWAL,
    STEP_NO_MEMORY,
    STEP_NO_LEASE,
    STEP_NO_SOCKET,
    STEP_WINDOW_CLOSED,
    STEP_RENEWED,
    STEP_UNCHANGED,
    STEP_RENEWAL_FAILED,
    STEP_STOP,
    STEP_STOP_BOUND,
    STEP_ABANDON,
    STEP_HOLD,
    STEP_ALLOW,
    STEP_FAIL,
    STEP_WITHDRAW_READING,
    STEP_WITHDRAW_DELETION,
    STEP_OTHERS,
    STEP_ANSWER_READING = STEP_OTHERS,
    STEP_ANSWER_DELETION = STEP_OTHERS + ANSWERS,
    STEPS = STEP_ANSWER_DELETION + ANSWERS,
} DispatchStep;

static const char *const steps[STEPS] = {
    "begin the reading",
    "begin the reading in 2 s",
    "begin the deletion",
    "pump",
    "time",
    "pump without a credential",
    "pump without a credential, and none can be had",
    "pump without memory",
    "pump without a lease",
    "pump without a socket",
    "pump with the window closed",
    "renewed",
    "there is no other credential",
    "the renewal failed",
    "stop",
    "stop what is bound",
    "abandon",
    "hold changes",
    "allow changes",
    "fail",
    "withdraw the reading",
    "withdraw the deletion",
#define NAMES(what)                                                                                \
    what ": 200", what ": 204", what ": 400", what ": 401", what ": 403", what ": 404",            \
        what ": 429", what ": 503", what ": odd", what ": a timeout", what ": lost",               \
        what ": not sent", what ": untrusted", what ": refused", what ": withheld"
    NAMES("reading"),
    NAMES("deletion"),
};

static bool is_free(const Dispatch *dispatch, const Call *call)
{
    const CallQueue *queues[] = {&dispatch->ready, &dispatch->waiting, &dispatch->refused,
                                 &dispatch->held};

    for (size_t i = 0; i < ELEMENTS(queues); i++) {
        for (const Call *one = queues[i]->first; one; one = one->next) {
            if (one == call)
                return false;
        }
    }
    return !call->is_in_flight;
}

/* The state is looked at where its pointers are good. */
static bool may(const void *state, size_t step)
{
    const Dispatch *dispatch = &env.place.dispatch;
    const Call *calls = env.place.calls;

    env.place = *(const DispatchPlace *)state;
    if (step == STEP_READ || step == STEP_READ_LATER)
        return is_free(dispatch, &calls[0]);
    if (step == STEP_DELETE)
        return is_free(dispatch, &calls[1]);
    if (step == STEP_TIME)
        return dispatch_next_usec(dispatch) != USEC_NEVER;
    if (step >= STEP_NO_CREDENTIAL && step <= STEP_WINDOW_CLOSED)
        return dispatch->ready.count > 0;
    if (step == STEP_STOP_BOUND)
        return dispatch->is_stopped;
    if (step == STEP_ABANDON)
        return dispatch->is_abandoned && calls[1].is_in_flight;
    if (step == STEP_HOLD)
        return !dispatch->holds_changes;
    if (step >= STEP_ANSWER_DELETION)
        return calls[1].is_in_flight;
    if (step >= STEP_ANSWER_READING)
        return calls[0].is_in_flight && answers[step - STEP_ANSWER_READING].kind != ANSWER_WITHHELD;
    return true;
}

static void pump(Dispatch *dispatch, size_t step)
{
    static const int errors[] = {
        [STEP_NO_CREDENTIAL] = -EKEYEXPIRED, [STEP_NO_CREDENTIAL_NOR_RENEWAL] = -EKEYEXPIRED,
        [STEP_NO_MEMORY] = -ENOMEM,          [STEP_NO_LEASE] = -ESTALE,
        [STEP_NO_SOCKET] = -EMFILE,          [STEP_WINDOW_CLOSED] = 0};

    if (step == STEP_TIME && dispatch_next_usec(dispatch) > env.place.now_usec)
        env.place.now_usec = dispatch_next_usec(dispatch);
    env.submit_error = errors[step];
    env.renew_error = step == STEP_NO_CREDENTIAL_NOR_RENEWAL ? -EIO : 0;
    env.refuses = step == STEP_WINDOW_CLOSED;
    dispatch_pump(dispatch);
}

static void renew(Dispatch *dispatch, size_t step)
{
    const Err err = {.text = "the identity service is away"};

    dispatch_on_renewed(dispatch,
                        step == STEP_RENEWED     ? RENEWAL_DONE
                        : step == STEP_UNCHANGED ? RENEWAL_UNCHANGED
                                                 : RENEWAL_FAILED,
                        step == STEP_RENEWAL_FAILED ? &err : NULL);
}

static void end(Dispatch *dispatch, size_t step)
{
    const Err err = {.text = "the test wants it so"};

    if (step == STEP_STOP)
        dispatch_stop(dispatch, "stopped by a test");
    else if (step == STEP_STOP_BOUND)
        dispatch_stop_bound(dispatch);
    else if (step == STEP_ABANDON)
        dispatch_abandon(dispatch, &env.place.calls[1]);
    else if (step == STEP_HOLD)
        dispatch_hold_changes(dispatch);
    else if (step == STEP_ALLOW)
        dispatch_allow_changes(dispatch);
    else if (step == STEP_FAIL)
        dispatch_fail(dispatch, &err);
    else
        dispatch_withdraw(dispatch, &env.place.calls[step - STEP_WITHDRAW_READING], &err);
}

static void take(void *state, size_t step, Buf *done)
{
    Dispatch *dispatch = &env.place.dispatch;
    size_t which = step >= STEP_ANSWER_DELETION;

    env.place = *(DispatchPlace *)state;
    env.done = done;
    if (step <= STEP_DELETE)
        dispatch_begin(dispatch, &env.place.calls[step == STEP_DELETE],
                       step == STEP_READ_LATER ? 2 * USEC_PER_SEC : 0);
    else if (step <= STEP_WINDOW_CLOSED)
        pump(dispatch, step);
    else if (step <= STEP_RENEWAL_FAILED)
        renew(dispatch, step);
    else if (step < STEP_OTHERS)
        end(dispatch, step);
    else
        dispatch_on_answer(dispatch, &env.place.calls[which],
                           &answers[step - (which ? STEP_ANSWER_DELETION : STEP_ANSWER_READING)]);
    *(DispatchPlace *)state = env.place;
}

static void put(const void *state, Buf *buf)
{
    env.place = *(const DispatchPlace *)state;
    dispatch_words_put(&env.place.dispatch, env.place.calls, buf);
}

static void walk_after(const DispatchStep *first, size_t count, Buf *buf)
{
    static DispatchPlace place;
    const Walk from = {.first = &place,
                       .state_size = sizeof(place),
                       .steps = steps,
                       .step_count = STEPS,
                       .depth = 1,
                       .may = may,
                       .take = take,
                       .put = put};
    _cleanup_(buf_done) Buf done = {0};

    env.place = (DispatchPlace){.now_usec = BEGAN};
    env.place.calls[0] = (Call){.request = {.kind = REQUEST_LIST_MEMBERS, .channel_id = "c1"},
                                .doing = "reading the members",
                                .channel_name = "pay",
                                .on_end = on_end};
    env.place.calls[1] =
        (Call){.request = {.kind = REQUEST_DELETE_MEMBER, .channel_id = "c2", .member_id = "m2"},
               .doing = "deleting a member",
               .member = "10.9.0.1:80",
               .on_end = on_end,
               .may_send = may_send,
               .is_bound = true};
    dispatch_init(&env.place.dispatch, &config, &ops, NULL, 0, "p1", &env.place.throttle);
    place = env.place;
    for (size_t i = 0; i < count; i++) {
        buf_printf(buf, "%s%s", i > 0 ? ", " : "After: ", steps[first[i]]);
        take(&place, first[i], &done);
    }
    buf_putc(buf, '\n');
    walk(&from, buf);
    buf_putc(buf, '\n');
}

#define WALK_AFTER(buf, ...)                                                                       \
    walk_after((const DispatchStep[]){__VA_ARGS__},                                                \
               ELEMENTS(((const DispatchStep[]){__VA_ARGS__})), buf)

static void whatever_happens_to_requests(void **state)
{
    _cleanup_(buf_done) Buf buf = {0};

    (void)state;
    WALK_AFTER(&buf, STEP_READ, STEP_DELETE);
    WALK_AFTER(&buf, STEP_READ_LATER);
    WALK_AFTER(&buf, STEP_READ, STEP_DELETE, STEP_PUMP);
    WALK_AFTER(&buf, STEP_READ, STEP_PUMP, STEP_ANSWER_READING + 7, STEP_TIME);
    WALK_AFTER(&buf, STEP_DELETE, STEP_PUMP, STEP_ANSWER_DELETION + 7, STEP_TIME);
    WALK_AFTER(&buf, STEP_READ, STEP_DELETE, STEP_PUMP, STEP_ANSWER_READING + 3);
    WALK_AFTER(&buf, STEP_READ, STEP_DELETE, STEP_PUMP, STEP_ANSWER_READING + 3,
               STEP_ANSWER_DELETION + 3, STEP_RENEWED, STEP_PUMP);
    WALK_AFTER(&buf, STEP_READ, STEP_DELETE, STEP_NO_CREDENTIAL);
    WALK_AFTER(&buf, STEP_READ, STEP_NO_CREDENTIAL, STEP_RENEWED);
    WALK_AFTER(&buf, STEP_READ, STEP_DELETE, STEP_PUMP, STEP_ANSWER_DELETION + 6, STEP_HOLD);
    WALK_AFTER(&buf, STEP_DELETE, STEP_HOLD, STEP_READ);
    WALK_AFTER(&buf, STEP_READ, STEP_DELETE, STEP_PUMP, STEP_STOP);
    WALK_AFTER(&buf, STEP_DELETE, STEP_PUMP, STEP_ANSWER_DELETION + 9, STEP_STOP, STEP_READ);
    WALK_AFTER(&buf, STEP_READ, STEP_DELETE, STEP_PUMP, STEP_STOP, STEP_STOP_BOUND);
    WALK_AFTER(&buf, STEP_READ, STEP_DELETE, STEP_PUMP, STEP_FAIL);
    story_text_check("requests", &buf);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_to_requests),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
