/* SPDX-License-Identifier: MIT */
/* How an instance's requests travel: what they are given, and what a file that was replaced means
 * for connections that are kept. */
#include "tests/unit/client_case.h"

#include <errno.h>
#include <unistd.h>

#include "daemon/http/client.h"
#include "daemon/roma/provider/route.h"
#include "tests/unit/failing.h"

typedef struct RouteCase {
    ClientCase *client_case;
    Http *http;
    Route route;
    size_t answers;
    Err err;
} RouteCase;

static int setup(void **state)
{
    RouteCase *route_case = test_calloc(1, sizeof(*route_case));
    ClientCase *client_case;

    client_case_setup((void **)&client_case);
    client_case->instance.proxy = "http://proxy.example:3128";
    route_case->client_case = client_case;
    assert_int_equal(http_new(client_case->event, &route_case->http), 0);
    *state = route_case;
    return 0;
}

static int teardown(void **state)
{
    RouteCase *route_case = *state;

    route_done(&route_case->route);
    http_free(route_case->http);
    client_case_teardown((void **)&route_case->client_case);
    test_free(route_case);
    return 0;
}

static void init(RouteCase *route_case)
{
    if (route_init(&route_case->route, &route_case->client_case->config,
                   &route_case->client_case->instance, &route_case->err) < 0)
        fail_msg("%s", route_case->err.text);
}

static HttpRequest applied(const RouteCase *route_case, const char *endpoint)
{
    HttpRequest request = {0};

    route_apply(&route_case->route, endpoint, &request);
    return request;
}

static void on_answer(void *userdata, const HttpAnswer *answer)
{
    RouteCase *route_case = userdata;

    assert_int_equal(answer->result, HTTP_ANSWERED);
    route_case->answers++;
}

/* How many connections the service has seen once it has answered one request more. */
static size_t connections_after_a_request(RouteCase *route_case)
{
    const ClientCase *client_case = route_case->client_case;
    HttpRequest request = {.method = "GET", .url = client_case->endpoint, .body_size_max = 1024};
    size_t answers = route_case->answers;

    route_apply(&route_case->route, client_case->endpoint, &request);
    request.ca_file = NULL;
    assert_int_equal(http_submit(route_case->http, &request, on_answer, route_case, NULL), 0);
    alarm(30);
    while (route_case->answers == answers)
        assert_true(sd_event_run(client_case->event, UINT64_MAX) >= 0);
    alarm(0);
    return peer_connections(client_case->peer);
}

static void test_what_a_request_goes_by(void **state)
{
    RouteCase *route_case = *state;
    HttpRequest request;

    init(route_case);
    request = applied(route_case, "https://roma.example");
    assert_null(request.ca_file);
    assert_false(request.plain_allowed);
    assert_int_equal(request.connect_timeout_usec, 5 * USEC_PER_SEC);
    assert_int_equal(request.timeout_usec, 20 * USEC_PER_SEC);
    assert_string_equal(request.proxy->url, "http://proxy.example:3128");
    assert_null(request.proxy->user);
    assert_null(request.proxy->password);
    request = applied(route_case, "http://127.0.0.1:9");
    assert_true(request.plain_allowed);
    assert_null(request.proxy);
}

static void test_without_a_proxy_none_is_used(void **state)
{
    RouteCase *route_case = *state;

    route_case->client_case->instance.proxy = NULL;
    init(route_case);
    assert_null(applied(route_case, "https://roma.example").proxy);
}

static void test_a_ca_file_stands_beside_the_settings(void **state)
{
    RouteCase *route_case = *state;
    char path[256];

    route_case->client_case->instance.ca_file = "ca.pem";
    init(route_case);
    snprintf(path, sizeof(path), "%s/ca.pem", route_case->client_case->directory);
    assert_string_equal(applied(route_case, "https://roma.example").ca_file, path);
}

static void assert_proxy_user(const RouteCase *route_case, const char *user, const char *password)
{
    const HttpProxy *proxy = applied(route_case, "https://roma.example").proxy;

    assert_string_equal(proxy->user, user);
    assert_string_equal(proxy->password, password);
}

static void test_a_replaced_password_of_the_proxy_is_read(void **state)
{
    RouteCase *route_case = *state;
    ClientCase *client_case = route_case->client_case;

    client_case->instance.proxy_password_file = "proxy";
    client_case_write_secret(client_case, "proxy", "u:p:w\n");
    init(route_case);
    assert_proxy_user(route_case, "u", "p:w");
    assert_int_equal(connections_after_a_request(route_case), 1);
    route_refresh(&route_case->route, route_case->http);
    assert_int_equal(connections_after_a_request(route_case), 1);
    client_case_write_secret(client_case, "proxy", "user:password");
    route_refresh(&route_case->route, route_case->http);
    assert_proxy_user(route_case, "user", "password");
    assert_int_equal(connections_after_a_request(route_case), 2);
    route_refresh(&route_case->route, route_case->http);
    assert_int_equal(connections_after_a_request(route_case), 2);
}

static void test_a_password_that_cannot_be_read_leaves_the_one_before(void **state)
{
    RouteCase *route_case = *state;
    ClientCase *client_case = route_case->client_case;

    client_case->instance.proxy_password_file = "proxy";
    client_case_write_secret(client_case, "proxy", "u:p");
    init(route_case);
    assert_int_equal(connections_after_a_request(route_case), 1);
    client_case_remove_secret(client_case, "proxy");
    route_refresh(&route_case->route, route_case->http);
    assert_proxy_user(route_case, "u", "p");
    client_case_write_secret(client_case, "proxy", "no colon here");
    route_refresh(&route_case->route, route_case->http);
    assert_proxy_user(route_case, "u", "p");
    assert_int_equal(connections_after_a_request(route_case), 1);
}

static void test_a_first_password_must_be_one(void **state)
{
    static const char *const wrong[] = {"user", ":password"};
    RouteCase *route_case = *state;
    ClientCase *client_case = route_case->client_case;

    client_case->instance.proxy_password_file = "proxy";
    for (size_t i = 0; i < 2; i++) {
        client_case_write_secret(client_case, "proxy", wrong[i]);
        assert_int_equal(route_init(&route_case->route, &client_case->config,
                                    &client_case->instance, &route_case->err),
                         -EINVAL);
        assert_string_equal(route_case->err.text,
                            "proxy_password_file: proxy: no user before a colon, should hold "
                            "user:password");
    }
    client_case_remove_secret(client_case, "proxy");
    assert_int_equal(route_init(&route_case->route, &client_case->config, &client_case->instance,
                                &route_case->err),
                     -ENOENT);
    client_case_assert_has(route_case->err.text, "proxy_password_file: ");
}

static void test_a_replaced_ca_file_ends_kept_connections(void **state)
{
    RouteCase *route_case = *state;
    ClientCase *client_case = route_case->client_case;

    client_case->instance.ca_file = "ca.pem";
    client_case_write_secret(client_case, "ca.pem", "one");
    init(route_case);
    assert_int_equal(connections_after_a_request(route_case), 1);
    route_refresh(&route_case->route, route_case->http);
    assert_int_equal(connections_after_a_request(route_case), 1);
    client_case_write_secret(client_case, "ca.pem", "another");
    route_refresh(&route_case->route, route_case->http);
    assert_int_equal(connections_after_a_request(route_case), 2);
    route_refresh(&route_case->route, route_case->http);
    assert_int_equal(connections_after_a_request(route_case), 2);
    client_case_remove_secret(client_case, "ca.pem");
    route_refresh(&route_case->route, route_case->http);
    assert_int_equal(connections_after_a_request(route_case), 3);
}

/* It is read whole, or nothing of it is kept. */
static void test_each_allocation_of_a_password_fails_once(void **state)
{
    RouteCase *route_case = *state;
    ClientCase *client_case = route_case->client_case;
    bool did_fail = true;
    size_t failed = 0;

    if (!failing_is_possible())
        skip();
    client_case->instance.proxy_password_file = "proxy";
    client_case_write_secret(client_case, "proxy", "user:password");
    for (long index = 0; did_fail; index++) {
        int r;

        failing_after(index);
        r = route_init(&route_case->route, &client_case->config, &client_case->instance,
                       &route_case->err);
        did_fail = failing_stop();
        if (r == 0) {
            assert_proxy_user(route_case, "user", "password");
        } else {
            assert_true(did_fail && err_is_set(&route_case->err));
            assert_null(route_case->route.proxy_user);
            assert_null(route_case->route.proxy_password);
            failed++;
        }
        route_done(&route_case->route);
        route_case->route = (Route){0};
    }
    assert_true(failed > 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_a_request_goes_by),
        TEST(test_without_a_proxy_none_is_used),
        TEST(test_a_ca_file_stands_beside_the_settings),
        TEST(test_a_replaced_password_of_the_proxy_is_read),
        TEST(test_a_password_that_cannot_be_read_leaves_the_one_before),
        TEST(test_a_first_password_must_be_one),
        TEST(test_a_replaced_ca_file_ends_kept_connections),
        TEST(test_each_allocation_of_a_password_fails_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
