/* SPDX-License-Identifier: MIT */
/* What becomes of those who wait, and of what is under way, where they or the host go first; and
 * where there is no memory to ask etcd with. Needs the allocator to itself. */
#include "tests/unit/failing.h"
#include "tests/unit/shared_script.h"

static int begin_pause(SharedAsking **ret_asking)
{
    const StorePause pause = {.scope = payments, .reason = "work", .uid = 7};
    _cleanup_(store_pauses_done) StorePauses replaced = {0};

    *ret_asking = NULL;
    err_clear(&sharing.err);
    return shared_pause(sharing.shared, &pause, clock_realtime_usec(), &replaced, on_outcome,
                        scripted.script, ret_asking, &sharing.err);
}

static int enabled_of(sd_event_source *source)
{
    int enabled = SD_EVENT_ON;

    assert_true(sd_event_source_get_enabled(source, &enabled) >= 0);
    return enabled;
}

/* Whoever goes is not called back, by no timer and by no answer; the others wait on. */
static void test_one_of_three_goes(void **state)
{
    (void)state;
    for (size_t gone = 0; gone < 3; gone++) {
        SharedAsking *askings[3];
        sd_event_source *timer;
        size_t left = 0;

        if (gone == 0)
            given();
        for (size_t i = 0; i < ELEMENTS(askings); i++)
            assert_int_equal(shared_ask(sharing.shared, &payments, on_outcome, scripted.script,
                                        &askings[i], &sharing.err),
                             0);
        timer = sd_event_source_ref(askings[gone]->timer);
        assert_int_equal(enabled_of(timer), SD_EVENT_ONESHOT);
        shared_cancel(askings[gone]);
        assert_int_equal(enabled_of(timer), SD_EVENT_OFF);
        sd_event_source_unref(timer);
        for (const SharedAsking *asking = sharing.shared->askings; asking; asking = asking->next) {
            assert_ptr_not_equal(asking, askings[gone]);
            left++;
        }
        assert_int_equal(left, 2);
        while (sharing.shared->askings)
            shared_cancel(sharing.shared->askings);
    }
    shared_cancel(NULL);
    etcd_script_expect(scripted.script, "");
}

/* A host that goes takes back all that it asked for. */
static void test_the_host_goes_first(void **state)
{
    SharedAsking *asking;
    sd_event_source *timer, *retry;

    (void)state;
    given();
    assert_int_equal(begin_pause(&asking), 0);
    etcd_script_await(scripted.script, 1);
    etcd_script_answer(scripted.script, 400, REFUSED);
    while (asking == sharing.shared->askings)
        assert_true(sd_event_run(scripted.script->event, USEC_PER_SEC) >= 0);
    wake(sharing.shared->retry);
    while (!sharing.shared->settling)
        assert_true(sd_event_run(scripted.script->event, USEC_PER_SEC) >= 0);
    assert_int_equal(begin_pause(&asking), 0);
    assert_non_null(asking->writing);
    sharing.shared->taken_revision = 0;
    shared_on_change(sharing.shared);
    assert_non_null(sharing.shared->taking);
    etcd_script_await(scripted.script, 3);
    buf_reset(&scripted.script->said);
    timer = sd_event_source_ref(asking->timer);
    retry = sd_event_source_ref(sharing.shared->retry);
    shared_free(sharing.shared);
    sharing.shared = NULL;
    assert_null(scripted.fleet->writings);
    assert_int_equal(enabled_of(timer), SD_EVENT_OFF);
    assert_int_equal(enabled_of(retry), SD_EVENT_OFF);
    sd_event_source_unref(timer);
    sd_event_source_unref(retry);
    for (size_t i = 0; i < 3; i++)
        answer_txn(true, 9, NULL, 0);
    etcd_script_expect(scripted.script, "");
}

/* Neither who asks can be kept, nor the pause: it is refused, and nobody waits. */
static void test_a_pause_that_cannot_be_kept_is_refused(void **state)
{
    (void)state;
    if (!failing_is_possible())
        skip();
    given();
    for (long index = 0; index < 6; index++) {
        SharedAsking *asking;
        int r;

        failing_after(index);
        r = begin_pause(&asking);
        assert_true(failing_stop());
        assert_int_equal(r, -ENOMEM);
        assert_true(err_is_set(&sharing.err));
        assert_null(asking);
        assert_null(sharing.shared->askings);
        assert_null(scripted.fleet->writings);
        assert_holds(0, false);
    }
    etcd_script_expect(scripted.script, "");
}

static long fails_at; /* of the allocations after a pause is kept here */

static void on_kept(void *userdata, const StoreScope *scope)
{
    (void)userdata;
    (void)scope;
    failing_after(fails_at);
}

/* Where memory runs out later the pause holds here, whoever asked is told so in the end, and it is
 * tried again. */
static void test_a_pause_that_cannot_be_written_holds_here(void **state)
{
    EtcdScript *script = scripted.script;
    bool did_fail = true;

    (void)state;
    if (!failing_is_possible())
        skip();
    given();
    sharing.shared->on_paused = on_kept;
    for (fails_at = 0; did_fail; fails_at++) {
        SharedAsking *asking;
        int r = begin_pause(&asking);

        did_fail = failing_stop();
        assert_int_equal(r, 0);
        assert_true(fails_at < 2000);
        assert_holds(1, true);
        assert_int_equal(enabled_of(sharing.shared->retry),
                         asking->writing ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
        assert_true(did_fail || asking->writing);
        sd_event_source_set_enabled(sharing.shared->retry, SD_EVENT_OFF);
        if (asking->writing) {
            shared_cancel(asking);
        } else {
            shared_look_at_asking(asking, false);
            assert_ptr_equal(sharing.shared->askings, asking);
            assert_int_equal(sd_event_source_set_time(asking->timer, 0), 0);
            etcd_script_expect(script, "here: 'etcd could not be asked' '' \n");
        }
        assert_null(sharing.shared->askings);
        assert_null(scripted.fleet->writings);
        assert_true(store_resume(sharing.store, &payments, NULL) >= 0);
    }
    assert_true(fails_at > 10);
}

static void test_it_is_made_whole_or_not(void **state)
{
    bool did_fail = true;

    (void)state;
    if (!failing_is_possible())
        skip();
    for (long index = 0; did_fail; index++) {
        Shared *second = NULL;
        int r;

        assert_true(index < 20);
        failing_after(index);
        r = shared_new(scripted.script->event, scripted.fleet, "admin-a", LEASE_USEC, on_paused,
                       scripted.script, &second);
        did_fail = failing_stop();
        assert_int_equal(r, did_fail ? -ENOMEM : 0);
        assert_int_equal(did_fail, second == NULL);
        shared_free(second);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_of_three_goes),
        TEST(test_the_host_goes_first),
        TEST(test_a_pause_that_cannot_be_kept_is_refused),
        TEST(test_a_pause_that_cannot_be_written_holds_here),
        TEST(test_it_is_made_whole_or_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
