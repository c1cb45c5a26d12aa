/* SPDX-License-Identifier: MIT */
#include "tests/unit/memory_case.h"

#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/failing.h"

pid_t memory_case_begin(ClientCase *client_case)
{
    int ends[2];
    pid_t child;

    if (!failing_is_possible()) {
        print_message("SKIPPED: the allocator is not the C library's\n");
        skip();
    }
    client_case_end_service(client_case);
    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        client_case_begin_service(client_case);
        if (write(ends[1], client_case->endpoint, sizeof(client_case->endpoint)) > 0)
            sd_event_loop(client_case->event);
        _exit(1);
    }
    assert_int_equal(read(ends[0], client_case->endpoint, sizeof(client_case->endpoint)),
                     sizeof(client_case->endpoint));
    close(ends[0]);
    close(ends[1]);
    client_case->config.limits.timeout_usec = 300 * USEC_PER_MSEC;
    return child;
}

void memory_case_end(ClientCase *client_case, pid_t service)
{
    kill(service, SIGKILL);
    waitpid(service, NULL, 0);
    client_case_begin_service(client_case);
}

bool memory_case_start(ClientCase *client_case)
{
    Err err = {0};

    if (roma_client_new(client_case->event, &client_case->config, false, client_case_on_answer,
                        client_case_on_renewed, client_case, &client_case->client, &err) >= 0)
        return true;
    assert_true(failing_stop());
    assert_true(err_is_set(&err));
    return false;
}

/* False when the whole has no allocation of that number. */
static bool live_without(ClientCase *client_case, MemoryCaseLive live, const void *argument,
                         long index)
{
    client_case->answers = client_case->rows = client_case->renewals = 0;
    client_case->answer = (Answer){0};
    assert_true(sd_event_new(&client_case->event) >= 0);
    alarm(60);
    failing_after(index);
    live(client_case, argument);
    alarm(0);
    roma_client_free(client_case->client);
    client_case->client = NULL;
    client_case->event = sd_event_unref(client_case->event);
    return failing_did();
}

void memory_case_turn(ClientCase *client_case, MemoryCaseLive live, const void *argument, long min,
                      long max)
{
    long index = 0;

    /* What the libraries set up once for all, they try but once. */
    assert_false(live_without(client_case, live, argument, LONG_MAX));
    while (index < max && live_without(client_case, live, argument, index))
        index++;
    assert_in_range(index, min, max - 1);
}
