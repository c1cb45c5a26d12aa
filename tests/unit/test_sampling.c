/* SPDX-License-Identifier: MIT */
/* Which samples are kept of the reports of an instance: what is new, at most every five minutes,
 * some channels a turn, and what is said where they cannot be kept. */
#include "tests/unit/controller_case.h"

#include "daemon/runtime/sampling.h"
#include "daemon/store/samples.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"

#define CHANNELS_MAX (2 * SAMPLING_CHANNELS_AT_ONCE + 1)

static uint64_t boottime_now_usec, realtime_now_usec;

static uint64_t boottime_fake(void)
{
    return boottime_now_usec;
}

static uint64_t realtime_fake(void)
{
    return realtime_now_usec;
}

typedef struct SamplingCase {
    ControllerCase *controller_case;
    Controller *controller;
    PassLog log;
    Sampling sampling;
    RosterChannel roster;
    ChannelReport channels[CHANNELS_MAX];
    char ids[CHANNELS_MAX][8];
    ExtraReport extra;
    ChangedReport changed;
    Report report;
} SamplingCase;

static int setup(void **state)
{
    static const SteadySource source = {boottime_fake, realtime_fake,
                                        "/proc/sys/kernel/random/boot_id"};
    SamplingCase *sampling_case = test_calloc(1, sizeof(*sampling_case));
    ControllerCase *controller_case;

    boottime_now_usec = 30 * USEC_PER_DAY;
    realtime_now_usec = clock_realtime_usec();
    steady_source = &source;
    controller_case_setup((void **)&controller_case);
    sampling_case->controller_case = controller_case;
    sampling_case->controller = controller_case_make(controller_case, false);
    sampling_case->log.instance_name = "prod";
    sampling_case->roster.member_count = 3;
    for (size_t i = 0; i < CHANNELS_MAX; i++) {
        snprintf(sampling_case->ids[i], sizeof(sampling_case->ids[i]), "c%zu", i);
        sampling_case->channels[i] = (ChannelReport){
            .channel = &sampling_case->roster,
            .name = "payments",
            .id = sampling_case->ids[i],
            .result = RESULT_DRIFT,
            .has_list = true,
            .live_count = 4,
        };
    }
    sampling_case->report.channels = sampling_case->channels;
    assert_int_equal(store_name_instance(controller_case->store,
                                         sampling_case->controller->backend.keys[0], "prod", NULL),
                     0);
    *state = sampling_case;
    return 0;
}

static int teardown(void **state)
{
    SamplingCase *sampling_case = *state;

    sampling_done(&sampling_case->sampling);
    pass_log_done(&sampling_case->log);
    controller_free(sampling_case->controller);
    controller_case_teardown((void **)&sampling_case->controller_case);
    test_free(sampling_case);
    return 0;
}

/* Of so many channels. */
static void begin(SamplingCase *sampling_case, size_t count)
{
    assert_int_equal(sampling_init(&sampling_case->sampling, count,
                                   &sampling_case->controller->backend, 0, &sampling_case->log),
                     0);
    sampling_case->report.channel_count = count;
}

static size_t count_kept(const SamplingCase *sampling_case)
{
    StoreSamples samples = {0};
    size_t count;

    assert_int_equal(store_samples(sampling_case->controller_case->store, &(StoreSamplesFilter){0},
                                   realtime_now_usec, &samples, NULL),
                     0);
    count = samples.count;
    store_samples_done(&samples);
    return count;
}

/* How many a report adds at once. */
static size_t take(SamplingCase *sampling_case)
{
    size_t before = count_kept(sampling_case);

    sampling_take(&sampling_case->sampling, &sampling_case->report);
    return count_kept(sampling_case) - before;
}

static void turn(const SamplingCase *sampling_case)
{
    assert_true(sd_event_run(sampling_case->controller_case->client_case.event, 0) >= 0);
}

/* So much time passes. */
static void let_pass(SamplingCase *sampling_case, uint64_t usec)
{
    boottime_now_usec += usec;
    realtime_now_usec += usec;
    for (size_t i = 0; i < sampling_case->sampling.count; i++) {
        if (sampling_case->sampling.channels[i].boottime_usec)
            sampling_case->sampling.channels[i].boottime_usec -= usec;
    }
}

static void test_what_is_as_it_was_is_kept_once_an_hour(void **state)
{
    SamplingCase *sampling_case = *state;

    begin(sampling_case, 2);
    assert_int_equal(take(sampling_case), 2);
    assert_int_equal(take(sampling_case), 0);
    let_pass(sampling_case, STORE_SAMPLE_MOST_USEC - USEC_PER_MINUTE);
    assert_int_equal(take(sampling_case), 0);
    let_pass(sampling_case, USEC_PER_MINUTE);
    assert_int_equal(take(sampling_case), 2);
    assert_int_equal(take(sampling_case), 0);
}

static void test_what_is_new_is_kept_after_five_minutes(void **state)
{
    SamplingCase *sampling_case = *state;

    begin(sampling_case, 2);
    assert_int_equal(take(sampling_case), 2);
    sampling_case->channels[1].live_count++;
    let_pass(sampling_case, STORE_SAMPLE_LEAST_USEC - USEC_PER_MINUTE);
    assert_int_equal(take(sampling_case), 0);
    let_pass(sampling_case, USEC_PER_MINUTE);
    assert_int_equal(take(sampling_case), 1);
    /* The other was looked at and is as old as before. */
    sampling_case->channels[0].live_count++;
    assert_int_equal(take(sampling_case), 1);
    assert_int_equal(take(sampling_case), 0);
}

static void change(SamplingCase *sampling_case, size_t number)
{
    ChannelReport *channel = &sampling_case->channels[0];

    switch (number) {
    case 0:
        channel->result = RESULT_HELD;
        break;
    case 1:
        channel->live_count++;
        break;
    case 2:
        sampling_case->roster.member_count++;
        break;
    case 3:
        channel->extras = &sampling_case->extra;
        channel->extra_count = 1;
        sampling_case->extra.outcome = OUTCOME_PLANNED;
        break;
    case 4:
        sampling_case->extra.outcome = OUTCOME_QUARANTINED;
        break;
    case 5:
        channel->missing_count++;
        break;
    case 6:
        channel->changed = &sampling_case->changed;
        channel->changed_count = 1;
        break;
    case 7:
        channel->ignored_count++;
        break;
    default:
        channel->has_list = false;
    }
}

/* Whatever it is that differs, alone. */
static void test_each_number_counts(void **state)
{
    SamplingCase *sampling_case = *state;

    begin(sampling_case, 1);
    assert_int_equal(take(sampling_case), 1);
    for (size_t i = 0; i < 9; i++) {
        let_pass(sampling_case, STORE_SAMPLE_LEAST_USEC);
        assert_int_equal(take(sampling_case), 0);
        change(sampling_case, i);
        assert_int_equal(take(sampling_case), 1);
    }
}

/* What memory has forgotten, as after a start, the state knows. */
static void test_the_state_knows_what_was_kept(void **state)
{
    SamplingCase *sampling_case = *state;
    Sampled *last;

    begin(sampling_case, 2);
    last = sampling_case->sampling.channels;
    assert_int_equal(take(sampling_case), 2);
    let_pass(sampling_case, STORE_SAMPLE_LEAST_USEC);
    last[0] = last[1] = (Sampled){0};
    sampling_case->channels[1].live_count++;
    assert_int_equal(take(sampling_case), 1);
    assert_int_equal(last[0].result, RESULT_DRIFT);
    assert_int_equal(last[0].counts.live, 4);
    assert_int_equal(last[1].counts.live, 5);
    assert_in_range(last[1].boottime_usec - last[0].boottime_usec, STORE_SAMPLE_LEAST_USEC,
                    STORE_SAMPLE_LEAST_USEC);
}

static void test_what_has_no_sample(void **state)
{
    SamplingCase *sampling_case = *state;
    Backend *backend = &sampling_case->controller->backend;

    begin(sampling_case, 3);
    sampling_case->channels[1].id = NULL; /* not found yet */
    backend->dry_run = true;
    assert_int_equal(take(sampling_case), 0);
    backend->dry_run = false;
    backend->store = NULL;
    assert_int_equal(take(sampling_case), 0);
    backend->store = sampling_case->controller_case->store;
    sampling_case->report.channel_count = 2; /* of a pass over some channels */
    assert_int_equal(take(sampling_case), 0);
    sampling_case->report.channel_count = 3;
    assert_int_equal(take(sampling_case), 2);
}

static void test_many_channels_take_several_turns(void **state)
{
    SamplingCase *sampling_case = *state;

    begin(sampling_case, CHANNELS_MAX);
    assert_int_equal(take(sampling_case), SAMPLING_CHANNELS_AT_ONCE);
    turn(sampling_case);
    assert_int_equal(count_kept(sampling_case), 2 * SAMPLING_CHANNELS_AT_ONCE);
    turn(sampling_case);
    assert_int_equal(count_kept(sampling_case), CHANNELS_MAX);
    assert_null(sampling_case->sampling.report);
    /* A newer report begins from its own first channel. */
    let_pass(sampling_case, STORE_SAMPLE_MOST_USEC);
    assert_int_equal(take(sampling_case), SAMPLING_CHANNELS_AT_ONCE);
    assert_int_equal(take(sampling_case), 0);
    turn(sampling_case);
    turn(sampling_case);
    assert_int_equal(count_kept(sampling_case), 2 * CHANNELS_MAX);
    /* Without a state in between, the rest waits for the next pass. */
    let_pass(sampling_case, STORE_SAMPLE_MOST_USEC);
    assert_int_equal(take(sampling_case), SAMPLING_CHANNELS_AT_ONCE);
    sampling_case->controller->backend.store = NULL;
    turn(sampling_case);
    assert_null(sampling_case->sampling.report);
    sampling_case->controller->backend.store = sampling_case->controller_case->store;
}

static void rename_table(const SamplingCase *sampling_case, const char *from, const char *to)
{
    char sql[96];

    snprintf(sql, sizeof(sql), "ALTER TABLE %s RENAME TO %s", from, to);
    assert_int_equal(sqlite3_exec(sampling_case->controller_case->store->db, sql, NULL, NULL, NULL),
                     SQLITE_OK);
}

static void test_a_failure_is_logged_once(void **state)
{
    SamplingCase *sampling_case = *state;
    const char *says = "prod: no samples are kept: ";

    begin(sampling_case, 2);
    assert_int_equal(take(sampling_case), 2);
    for (size_t i = 1; i <= 2; i++) {
        rename_table(sampling_case, "sample", "sample_away");
        for (size_t j = 0; j < 2; j++) {
            let_pass(sampling_case, STORE_SAMPLE_MOST_USEC);
            sampling_take(&sampling_case->sampling, &sampling_case->report);
            assert_null(sampling_case->sampling.report);
            assert_int_equal(controller_case_count_logged(sampling_case->controller_case, says), i);
        }
        rename_table(sampling_case, "sample_away", "sample");
        assert_int_equal(take(sampling_case), 2);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_as_it_was_is_kept_once_an_hour),
        TEST(test_what_is_new_is_kept_after_five_minutes),
        TEST(test_each_number_counts),
        TEST(test_the_state_knows_what_was_kept),
        TEST(test_what_has_no_sample),
        TEST(test_many_channels_take_several_turns),
        TEST(test_a_failure_is_logged_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
