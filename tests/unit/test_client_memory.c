/*
 * Every allocation of a client's life fails once, in turn, those of libsystemd and libcrypto too
 * (libcurl has its memory from the vault, whose reserve outlasts the system): nothing crashes, a
 * request that was taken has one answer, and no page comes out that the service did not send. Needs
 * the allocator to itself; the service runs in a process of its own. json-c's parser is left out:
 * 0.16 reads through a null pointer when it cannot copy a key.
 */
#include <dlfcn.h>
#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/client_case.h"
#include "tests/unit/failing.h"

#define ALLOCATIONS_MAX 5000
#define ALLOCATIONS_MIN 30

/* Stands before json-c's own. */
json_object *json_tokener_parse_ex(json_tokener *tokener, const char *text, int size)
{
    static json_object *(*parse)(json_tokener *, const char *, int);
    bool before = failing_pause(true);
    json_object *parsed;

    if (!parse) {
        void *found = dlsym(RTLD_NEXT, "json_tokener_parse_ex");

        memcpy(&parse, &found, sizeof(parse));
    }
    parsed = parse(tokener, text, size);
    failing_pause(before);
    return parsed;
}

/* The service moves to a child, on a loop of its own; the test learns where. */
static pid_t start_service(ClientCase *client_case)
{
    int ends[2];
    pid_t child;

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
    return child;
}

/* One client and one request, of which an allocation fails. */
static void ask_once(ClientCase *client_case, const Request *request)
{
    Err err = {0};
    int r = roma_client_new(client_case->event, &client_case->config, false, client_case_on_answer,
                            client_case_on_renewed, client_case, &client_case->client, &err);

    if (r < 0) {
        assert_true(failing_stop());
        assert_true(err_is_set(&err));
        return;
    }
    r = roma_client_permit(client_case->client, 0, CHANNEL, MEMBER);
    if (r == 0)
        r = roma_client_submit(client_case->client, request);
    assert_true(r == 0 || (failing_did() && r == -ENOMEM));
    /* The loop's own want of memory is an error of the loop; it can be turned again. */
    while (r == 0 && client_case->answers == 0)
        assert_true(sd_event_run(client_case->event, UINT64_MAX) >= 0 || failing_did());
    failing_stop();
    if (r == 0 && client_case->answer.kind == ANSWER_HTTP)
        assert_int_equal(client_case->answer.http, 200);
    if (r == 0 && client_case->answer.kind == ANSWER_HTTP && request->kind == REQUEST_LIST_MEMBERS)
        assert_int_equal(client_case->rows, 1);
}

/* False when the whole has no allocation of that number. */
static bool ask_without(ClientCase *client_case, const Request *request, long index)
{
    client_case->answers = client_case->rows = 0;
    client_case->answer = (Answer){0};
    assert_true(sd_event_new(&client_case->event) >= 0);
    alarm(60);
    failing_after(index);
    ask_once(client_case, request);
    alarm(0);
    roma_client_free(client_case->client);
    client_case->client = NULL;
    client_case->event = sd_event_unref(client_case->event);
    return failing_did();
}

static void check_every_allocation(ClientCase *client_case, const Request *request)
{
    long index = 0;

    client_case->config.limits.timeout_usec = 300 * USEC_PER_MSEC;
    /* What the libraries set up once for all, they try but once. */
    assert_false(ask_without(client_case, request, LONG_MAX));
    while (index < ALLOCATIONS_MAX && ask_without(client_case, request, index))
        index++;
    assert_in_range(index, ALLOCATIONS_MIN, ALLOCATIONS_MAX - 1);
    assert_int_equal(client_case->answer.kind, ANSWER_HTTP);
}

static void check(ClientCase *client_case, const Request *request)
{
    pid_t child;

    if (!failing_is_possible()) {
        print_message("SKIPPED: the allocator is not the C library's\n");
        skip();
    }
    child = start_service(client_case);
    check_every_allocation(client_case, request);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    client_case_begin_service(client_case);
}

static void test_list_with_token(void **state)
{
    Request request = client_case_list_request(*state);

    check(*state, &request);
}

static void test_signed_deletion(void **state)
{
    Request request = client_case_delete_request(*state);

    client_case_use_keys(*state);
    check(*state, &request);
}

#define TEST(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, client_case_setup, client_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_list_with_token),
        TEST(test_signed_deletion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
