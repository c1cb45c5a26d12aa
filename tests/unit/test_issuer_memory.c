/*
 * Every allocation fails once, in turn, while a credential is got of IAM or of the metadata
 * service: nothing crashes, each renewal ends, and one that fails says why. The service runs in a
 * process of its own; json-c's parser is left out, as in test_client_memory.c.
 */
#include <dlfcn.h>
#include <json-c/json.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/str.h"
#include "tests/unit/client_case.h"
#include "tests/unit/failing.h"

#define ALLOCATIONS_MIN 10
#define ALLOCATIONS_MAX 2000

static const char iam_body[] = "{\"token\":{\"issued_at\":\"2025-01-02T03:04:05.000000Z\","
                               "\"expires_at\":\"2025-01-03T03:04:05.000000Z\"}}";
static const char key_body[] =
    "{\"credential\":{\"access\":\"A\",\"secret\":\"S\",\"securitytoken\":"
    "\"T\",\"expires_at\":\"2099-01-03T03:04:05.000000Z\"}}";

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

static void serve(PeerConnection *connection, ClientCase *client_case)
{
    if (str_has_prefix(client_case->request, "POST /v3/auth/tokens"))
        peer_answer(connection, 201, "X-Subject-Token: MIItoken\r\n", iam_body);
    else if (str_has_prefix(client_case->request, "PUT /meta-data"))
        peer_answer(connection, 200, "", "session");
    else
        peer_answer(connection, 200, "", key_body);
}

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

static void renew_once(ClientCase *client_case)
{
    Err err = {0};
    int r = roma_client_new(client_case->event, &client_case->config, false, client_case_on_answer,
                            client_case_on_renewed, client_case, &client_case->client, &err);

    if (r < 0) {
        assert_true(failing_stop());
        assert_true(err_is_set(&err));
        return;
    }
    r = roma_client_renew(client_case->client, 0);
    assert_true(r == 0 || failing_did());
    while (r == 0 && client_case->renewals == 0)
        assert_true(sd_event_run(client_case->event, UINT64_MAX) >= 0 || failing_did());
    if (failing_stop() && client_case->renewals > 0 && client_case->renewal != RENEWAL_DONE) {
        assert_int_equal(client_case->renewal, RENEWAL_FAILED);
        assert_true(err_is_set(&client_case->renewal_err));
    }
}

/* False when the whole has no allocation of that number. */
static bool renew_without(ClientCase *client_case, long index)
{
    client_case->renewals = 0;
    assert_true(sd_event_new(&client_case->event) >= 0);
    alarm(60);
    failing_after(index);
    renew_once(client_case);
    alarm(0);
    roma_client_free(client_case->client);
    client_case->client = NULL;
    client_case->event = sd_event_unref(client_case->event);
    return failing_did();
}

static void check(ClientCase *client_case, AuthMethod method)
{
    pid_t child;
    long index = 0;

    if (!failing_is_possible()) {
        print_message("SKIPPED: the allocator is not the C library's\n");
        skip();
    }
    client_case->serve = serve;
    child = start_service(client_case);
    client_case->instance.auth = (Auth){
        .method = method,
        .iam_endpoint = client_case->endpoint,
        .metadata_endpoint = client_case->endpoint,
        .domain = "D",
        .user = "U",
        .password_file = "sk",
    };
    client_case->config.retry = (Retry){.attempts = 2, .base_usec = 1, .cap_usec = 1};
    client_case->config.limits.timeout_usec = 300 * USEC_PER_MSEC;
    assert_false(renew_without(client_case, LONG_MAX));
    assert_int_equal(client_case->renewal, RENEWAL_DONE);
    while (index < ALLOCATIONS_MAX && renew_without(client_case, index))
        index++;
    assert_in_range(index, ALLOCATIONS_MIN, ALLOCATIONS_MAX - 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    client_case_begin_service(client_case);
}

static void test_login(void **state)
{
    check(*state, AUTH_PASSWORD);
}

static void test_agency(void **state)
{
    check(*state, AUTH_AGENCY);
}

#define TEST(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, client_case_setup, client_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_login), TEST(test_agency)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
