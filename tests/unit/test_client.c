/* The client against a service on loopback: what it sends, what it refuses to send, what it makes
 * of answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/roma/client.h"
#include "daemon/roma/request.h"
#include "tests/unit/peer.h"

#define CHANNEL "56a7d7358e1b42459c9d730d65b14e59"
#define MEMBER "be63c6260a1043888187f84af39c9f0e"
#define PROJECT "0123456789abcdef0123456789abcdef"
#define INSTANCE "6a7b8c9d-0000-4000-8000-000000000001"
#define PREFIX "/v2/" PROJECT "/apic/instances/" INSTANCE "/vpc-channels"
#define MEMBERS_PATH PREFIX "/" CHANNEL "/members"
#define MEMBER_ROW                                                                                 \
    "{\"host\":\"10.1.0.5\",\"port\":8080,\"id\":\"" MEMBER "\",\"vpc_channel_id\":\"" CHANNEL     \
    "\",\"member_group_name\":\"blue\",\"status\":1,\"ecs_id\":\"10.1.0.5\",\"weight\":3}"
#define ONE_MEMBER "{\"total\":1,\"size\":1,\"members\":[" MEMBER_ROW "]}"
#define TOKEN "MIITtokentokentokentokentokentoken"
#define ACCESS_KEY "TESTAKTESTAKTESTAK00"
#define SECRET_KEY "testsktestsktestsktestsktestsktestsk0000"

typedef struct Fixture {
    sd_event *event;
    Peer *peer;
    RomaClient *client;
    Config config;
    Instance instance;
    RosterChannel channel;
    char directory[64];
    char endpoint[64];
    /* what the service does */
    int status;
    const char *headers;
    const char *body;
    void (*serve)(PeerConnection *connection, struct Fixture *fixture);
    char request[8192]; /* the last */
    /* what came back */
    size_t answers;
    Answer answer;
    uint64_t total;
    size_t rows;
    char row[2048]; /* the first, described */
    char host[64];
    char group[64];
    void *tag;
    size_t renewals;
    Renewal renewal;
    Err renewal_err;
} Fixture;

static void serve(PeerConnection *connection, const char *request, void *userdata)
{
    Fixture *fixture = userdata;

    str_copy(fixture->request, sizeof(fixture->request), request);
    if (fixture->serve)
        fixture->serve(connection, fixture);
    else
        peer_answer(connection, fixture->status, fixture->headers, fixture->body);
}

static void on_answer(void *userdata, void *tag, const Answer *answer)
{
    Fixture *fixture = userdata;

    fixture->answers++;
    fixture->tag = tag;
    fixture->answer = *answer;
    if (answer->members) {
        fixture->total = answer->members->total;
        fixture->rows = answer->members->row_count;
        if (fixture->rows > 0) {
            str_copy(fixture->row, sizeof(fixture->row),
                     answer->members->describe(answer->members, 0));
            str_copy(fixture->host, sizeof(fixture->host), answer->members->rows[0].host);
            str_copy(fixture->group, sizeof(fixture->group), answer->members->rows[0].group);
        }
    }
    if (answer->channels) {
        fixture->total = answer->channels->total;
        fixture->rows = answer->channels->row_count;
    }
}

static void on_renewed(void *userdata, size_t instance, Renewal renewal, const Err *err)
{
    Fixture *fixture = userdata;

    assert_int_equal(instance, 0);
    fixture->renewals++;
    fixture->renewal = renewal;
    fixture->renewal_err = *err;
}

static void write_secret(const Fixture *fixture, const char *name, const char *text)
{
    char path[256];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", fixture->directory, name);
    fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void remove_secret(const Fixture *fixture, const char *name)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", fixture->directory, name);
    unlink(path);
}

static int setup(void **state)
{
    Fixture *fixture = test_calloc(1, sizeof(*fixture));

    unsetenv("CREDENTIALS_DIRECTORY");
    assert_true(sd_event_new(&fixture->event) >= 0);
    fixture->peer = peer_new(fixture->event, serve, fixture);
    strcpy(fixture->directory, "/tmp/test_client.XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    write_secret(fixture, "token", TOKEN "\n");
    write_secret(fixture, "ak", ACCESS_KEY "\n");
    write_secret(fixture, "sk", SECRET_KEY "\n");
    snprintf(fixture->endpoint, sizeof(fixture->endpoint), "http://127.0.0.1:%u",
             peer_port(fixture->peer));
    fixture->instance = (Instance){
        .name = "prod",
        .endpoint = fixture->endpoint,
        .project_id = PROJECT,
        .instance_id = INSTANCE,
        .auth = {.method = AUTH_TOKEN, .token_file = "token"},
    };
    fixture->channel = (RosterChannel){.id = CHANNEL, .mode = MODE_PRUNE};
    fixture->config = (Config){
        .directory = fixture->directory,
        .instances = &fixture->instance,
        .instance_count = 1,
        .limits = {.connect_timeout_usec = 5 * USEC_PER_SEC, .timeout_usec = 20 * USEC_PER_SEC},
    };
    fixture->status = 200;
    fixture->headers = "Content-Type: application/json\r\n";
    fixture->body = ONE_MEMBER;
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    Fixture *fixture = *state;

    roma_client_free(fixture->client);
    peer_free(fixture->peer);
    sd_event_unref(fixture->event);
    remove_secret(fixture, "token");
    remove_secret(fixture, "ak");
    remove_secret(fixture, "sk");
    remove_secret(fixture, "st");
    rmdir(fixture->directory);
    test_free(fixture);
    return 0;
}

static void use_keys(Fixture *fixture)
{
    fixture->instance.auth =
        (Auth){.method = AUTH_AKSK, .access_key_file = "ak", .secret_key_file = "sk"};
}

static void start(Fixture *fixture, bool read_only)
{
    Err err = {0};
    int r = roma_client_new(fixture->event, &fixture->config, read_only, on_answer, on_renewed,
                            fixture, &fixture->client, &err);

    if (r < 0)
        fail_msg("%s", err.text);
}

static Request list_request(Fixture *fixture)
{
    return (Request){.kind = REQUEST_LIST_MEMBERS,
                     .channel = &fixture->channel,
                     .channel_id = CHANNEL,
                     .limit = 500,
                     .tag = &fixture->rows};
}

static Request delete_request(Fixture *fixture)
{
    return (Request){.kind = REQUEST_DELETE_MEMBER,
                     .channel = &fixture->channel,
                     .channel_id = CHANNEL,
                     .member_id = MEMBER,
                     .tag = &fixture->rows};
}

static void run(Fixture *fixture, size_t answers)
{
    alarm(30);
    while (fixture->answers < answers)
        assert_true(sd_event_run(fixture->event, UINT64_MAX) >= 0);
    alarm(0);
}

static void ask(Fixture *fixture, const Request *request)
{
    size_t answers = fixture->answers;

    assert_int_equal(roma_client_submit(fixture->client, request), 0);
    assert_int_equal(fixture->answers, answers);
    run(fixture, answers + 1);
}

static void ask_list(Fixture *fixture)
{
    Request request = list_request(fixture);

    if (!fixture->client)
        start(fixture, false);
    ask(fixture, &request);
}

static void ask_delete(Fixture *fixture)
{
    Request request = delete_request(fixture);

    if (!fixture->client)
        start(fixture, false);
    assert_int_equal(roma_client_permit(fixture->client, 0, CHANNEL, MEMBER), 0);
    ask(fixture, &request);
}

static void assert_header(const Fixture *fixture, const char *name, const char *value)
{
    char found[1024];

    peer_header(fixture->request, name, found, sizeof(found));
    assert_string_equal(found, value);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void assert_has_not(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" is in \"%s\"", part, text);
}

/* ---- what is sent ---- */

static void test_list_with_token(void **state)
{
    Fixture *fixture = *state;

    ask_list(fixture);
    assert_int_equal(fixture->answer.kind, ANSWER_HTTP);
    assert_int_equal(fixture->answer.http, 200);
    assert_ptr_equal(fixture->tag, &fixture->rows);
    assert_int_equal(fixture->rows, 1);
    assert_int_equal(fixture->total, 1);
    assert_string_equal(fixture->row, MEMBER_ROW);
    assert_string_equal(fixture->host, "10.1.0.5");
    assert_string_equal(fixture->group, "blue");
    assert_has(fixture->request, "GET " MEMBERS_PATH "?limit=500&offset=0 HTTP/1.1\r\n");
    assert_header(fixture, "X-Auth-Token", TOKEN);
    assert_header(fixture, "Authorization", "");
    assert_header(fixture, "X-Project-Id", "");
    assert_header(fixture, "Content-Type", "application/json");
    assert_header(fixture, "User-Agent", "rosterd/" ROSTERD_VERSION);
    assert_header(fixture, "Host", fixture->endpoint + strlen("http://"));
    assert_header(fixture, "Accept-Encoding", "");
    assert_header(fixture, "Expect", "");
}

static void test_list_channels(void **state)
{
    Fixture *fixture = *state;
    Request request = {.kind = REQUEST_LIST_CHANNELS, .limit = 500, .offset = 1500};

    fixture->instance.api = API_APIGW;
    fixture->body = "{\"total\":1,\"size\":1,\"vpc_channels\":[{\"id\":\"c\",\"name\":\"n\"}]}";
    start(fixture, true);
    ask(fixture, &request);
    assert_int_equal(fixture->answer.kind, ANSWER_HTTP);
    assert_int_equal(fixture->rows, 1);
    assert_has(fixture->request, "GET /v2/" PROJECT "/apigw/instances/" INSTANCE
                                 "/vpc-channels?limit=500&offset=1500 HTTP/1.1\r\n");
}

/* The signature as the service would compute it from what came. */
static void assert_signed(const Fixture *fixture, const SignPair *query, size_t query_count,
                          const char *path, const char *method, const char *security_token)
{
    _cleanup_(secret_freep) Secret *key = secret_new_copy(SECRET_KEY, strlen(SECRET_KEY));
    _cleanup_(buf_done) Buf scratch = {0}, expected = {0};
    char host[128], date[64], project[64];
    SignPair headers[] = {{"host", host},
                          {"x-project-id", project},
                          {"x-sdk-date", date},
                          {"x-security-token", security_token}};
    SignInput input = {.method = method,
                       .path = path,
                       .query = query,
                       .query_count = query_count,
                       .headers = headers,
                       .header_count = security_token ? 4 : 3};

    peer_header(fixture->request, "Host", host, sizeof(host));
    peer_header(fixture->request, "X-Project-Id", project, sizeof(project));
    peer_header(fixture->request, "X-Sdk-Date", date, sizeof(date));
    assert_string_equal(project, PROJECT);
    assert_int_equal(strlen(date), 16);
    assert_int_equal(sign_authorization(&input, ACCESS_KEY, key, &scratch, &expected), 0);
    assert_header(fixture, "Authorization", expected.data);
    assert_header(fixture, "X-Auth-Token", "");
}

static void test_list_signed(void **state)
{
    Fixture *fixture = *state;
    SignPair query[] = {{"limit", "500"}, {"offset", "0"}};

    use_keys(fixture);
    ask_list(fixture);
    assert_int_equal(fixture->answer.http, 200);
    assert_signed(fixture, query, 2, MEMBERS_PATH, "GET", NULL);
    assert_header(fixture, "X-Security-Token", "");
}

static void test_delete_signed_with_security_token(void **state)
{
    Fixture *fixture = *state;

    use_keys(fixture);
    fixture->instance.auth.security_token_file = "st";
    write_secret(fixture, "st", "security+token/with=stuff");
    fixture->status = 204;
    fixture->headers = "X-Request-Id: r-1\r\n";
    fixture->body = "";
    ask_delete(fixture);
    assert_int_equal(fixture->answer.kind, ANSWER_HTTP);
    assert_int_equal(fixture->answer.http, 204);
    assert_string_equal(fixture->answer.request_id, "r-1");
    assert_has(fixture->request, "DELETE " MEMBERS_PATH "/" MEMBER " HTTP/1.1\r\n");
    assert_signed(fixture, NULL, 0, MEMBERS_PATH "/" MEMBER, "DELETE", "security+token/with=stuff");
    assert_header(fixture, "X-Security-Token", "security+token/with=stuff");
}

/* ---- what is not sent ---- */

static void assert_refused(Fixture *fixture, const Request *request, int error)
{
    Request list = list_request(fixture);

    assert_int_equal(roma_client_submit(fixture->client, request), error);
    ask(fixture, &list);
    assert_int_equal(fixture->answers, 1);
    assert_int_equal(peer_requests(fixture->peer), 1);
}

static void test_no_deletion_without_permit(void **state)
{
    Fixture *fixture = *state;
    Request request = delete_request(fixture);

    start(fixture, false);
    assert_int_equal(roma_client_permit(fixture->client, 0, CHANNEL, "another"), 0);
    assert_int_equal(roma_client_permit(fixture->client, 0, "another", MEMBER), 0);
    assert_refused(fixture, &request, -EPERM);
}

static void test_no_deletion_after_permits_are_forgotten(void **state)
{
    Fixture *fixture = *state;
    Request request = delete_request(fixture);

    start(fixture, false);
    assert_int_equal(roma_client_permit(fixture->client, 0, CHANNEL, MEMBER), 0);
    roma_client_forget_permits(fixture->client);
    assert_refused(fixture, &request, -EPERM);
}

static void test_no_deletion_when_read_only(void **state)
{
    Fixture *fixture = *state;
    Request request = delete_request(fixture);

    start(fixture, true);
    assert_int_equal(roma_client_permit(fixture->client, 0, CHANNEL, MEMBER), 0);
    assert_refused(fixture, &request, -EPERM);
}

static void test_no_deletion_in_observe(void **state)
{
    Fixture *fixture = *state;
    Request request = delete_request(fixture);

    fixture->channel.mode = MODE_OBSERVE;
    start(fixture, false);
    assert_int_equal(roma_client_permit(fixture->client, 0, CHANNEL, MEMBER), 0);
    assert_refused(fixture, &request, -EPERM);
}

static void test_no_deletion_without_channel(void **state)
{
    Fixture *fixture = *state;
    Request request = delete_request(fixture);

    request.channel = NULL;
    start(fixture, false);
    assert_int_equal(roma_client_permit(fixture->client, 0, CHANNEL, MEMBER), 0);
    assert_refused(fixture, &request, -EPERM);
}

static void test_no_odd_id_in_a_path(void **state)
{
    Fixture *fixture = *state;
    Request request = list_request(fixture);

    start(fixture, false);
    assert_int_equal(roma_client_permit(fixture->client, 0, CHANNEL, "../x"), -EINVAL);
    request.channel_id = "a/b";
    assert_refused(fixture, &request, -EINVAL);
}

/* ---- answers ---- */

static void test_refusal(void **state)
{
    Fixture *fixture = *state;

    fixture->status = 404;
    fixture->body = "{\"error_code\":\"APIG.3024\",\"error_msg\":\"VPC instance does not exist\","
                    "\"request_id\":\"abc\"}";
    ask_delete(fixture);
    assert_int_equal(fixture->answer.kind, ANSWER_HTTP);
    assert_int_equal(fixture->answer.http, 404);
    assert_string_equal(fixture->answer.code, "APIG.3024");
    assert_string_equal(fixture->answer.message, "VPC instance does not exist");
    assert_string_equal(fixture->answer.request_id, "abc");
    assert_false(fixture->answer.has_retry_after);
}

static void test_retry_after(void **state)
{
    Fixture *fixture = *state;

    fixture->status = 429;
    fixture->headers = "Retry-After: 7\r\n";
    fixture->body = "{\"error_code\":\"APIG.0308\",\"error_msg\":\"slow down\"}";
    ask_list(fixture);
    assert_true(fixture->answer.has_retry_after);
    assert_int_equal(fixture->answer.retry_after_usec, 7 * USEC_PER_SEC);
    fixture->headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                       "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n";
    ask_list(fixture);
    assert_int_equal(fixture->answer.retry_after_usec, 30 * USEC_PER_SEC);
    fixture->headers = "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n";
    ask_list(fixture);
    assert_true(fixture->answer.has_retry_after);
    assert_int_equal(fixture->answer.retry_after_usec, 0);
    fixture->headers = "Retry-After: soon\r\n";
    ask_list(fixture);
    assert_false(fixture->answer.has_retry_after);
    fixture->headers = "Retry-After: 99999999999999999999999\r\n";
    ask_list(fixture);
    assert_int_equal(fixture->answer.retry_after_usec, 365 * USEC_PER_DAY);
    fixture->headers = "Retry-After: Sun Nov  6 08:49:37 19944\r\n";
    ask_list(fixture);
    assert_int_equal(fixture->answer.retry_after_usec, 365 * USEC_PER_DAY);
}

static void assert_odd_list(Fixture *fixture, int status, const char *body, const char *message)
{
    fixture->status = status;
    fixture->body = body;
    ask_list(fixture);
    assert_int_equal(fixture->answer.kind, ANSWER_ODD);
    assert_int_equal(fixture->answer.http, status);
    assert_null(fixture->answer.members);
    assert_has(fixture->answer.message, message);
}

static void test_odd_lists(void **state)
{
    Fixture *fixture = *state;

    assert_odd_list(fixture, 200, "<html>login</html>", "HTML instead of JSON");
    assert_odd_list(fixture, 200, "", "empty body");
    assert_odd_list(fixture, 200, "{\"total\":1,", "ends too early");
    assert_odd_list(fixture, 200, "{\"members\":[]}", "total");
    assert_odd_list(fixture, 206, ONE_MEMBER, "200");
    fixture->body = ONE_MEMBER;
    fixture->status = 200;
    ask_list(fixture);
    assert_int_equal(fixture->answer.kind, ANSWER_HTTP);
    assert_int_equal(peer_connections(fixture->peer), 1);
}

static void test_status_of_a_deletion_counts(void **state)
{
    Fixture *fixture = *state;

    fixture->status = 200;
    fixture->body = "<html>";
    ask_delete(fixture);
    assert_int_equal(fixture->answer.kind, ANSWER_HTTP);
    assert_int_equal(fixture->answer.http, 200);
    fixture->status = 302;
    ask_delete(fixture);
    assert_int_equal(fixture->answer.http, 302);
    assert_has(fixture->answer.message, "redirect");
    assert_int_equal(peer_requests(fixture->peer), 2);
}

static void serve_too_big(PeerConnection *connection, Fixture *fixture)
{
    char head[128];

    snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nContent-Length: 16777217\r\n\r\n",
             fixture->status);
    peer_puts(connection, head);
}

static void test_too_big(void **state)
{
    Fixture *fixture = *state;

    fixture->serve = serve_too_big;
    ask_list(fixture);
    assert_int_equal(fixture->answer.kind, ANSWER_ODD);
    assert_has(fixture->answer.message, "larger than 16 MiB");
    fixture->status = 503;
    ask_list(fixture);
    assert_int_equal(fixture->answer.kind, ANSWER_HTTP);
    assert_int_equal(fixture->answer.http, 503);
}

static void serve_truncated(PeerConnection *connection, Fixture *fixture)
{
    (void)fixture;
    peer_puts(connection, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" ONE_MEMBER);
    peer_close(connection);
}

static void test_truncated(void **state)
{
    Fixture *fixture = *state;

    fixture->serve = serve_truncated;
    ask_list(fixture);
    assert_int_equal(fixture->answer.kind, ANSWER_LOST);
    assert_int_equal(fixture->answer.http, 0);
    assert_has(fixture->answer.message, "127.0.0.1");
}

static void test_no_secret_in_messages(void **state)
{
    Fixture *fixture = *state;

    fixture->status = 401;
    fixture->body = "{\"error_code\":\"APIG.0301\",\"error_msg\":\"bad " TOKEN " and " TOKEN
                    "\",\"request_id\":\"" TOKEN "\"}";
    ask_list(fixture);
    assert_string_equal(fixture->answer.message, "bad *** and ***");
    assert_string_equal(fixture->answer.request_id, "***");
    fixture->body = "{\"error_msg\":\"token MIITtokentokentoken... is bad\"}";
    ask_list(fixture);
    assert_string_equal(fixture->answer.message, "token ***... is bad");
}

static void test_no_secret_key_in_messages(void **state)
{
    Fixture *fixture = *state;

    use_keys(fixture);
    fixture->status = 401;
    fixture->body = "{\"error_msg\":\"ak:" ACCESS_KEY " sk:" SECRET_KEY "\\n\"}";
    ask_list(fixture);
    assert_string_equal(fixture->answer.message, "ak:" ACCESS_KEY " sk:*** ");
}

static void test_clock_is_named(void **state)
{
    Fixture *fixture = *state;

    use_keys(fixture);
    fixture->status = 401;
    fixture->headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    fixture->body = "{\"error_code\":\"APIG.0303\",\"error_msg\":\"refused\"}";
    ask_list(fixture);
    assert_has(fixture->answer.message, "refused; the service's clock says 1994-11-06T08:49:37Z");
    assert_has(fixture->answer.message, "apart");
}

static void test_unreachable(void **state)
{
    Fixture *fixture = *state;

    fixture->instance.endpoint = "http://127.0.0.1:1";
    ask_delete(fixture);
    assert_int_equal(fixture->answer.kind, ANSWER_NOT_SENT);
    assert_string_equal(fixture->answer.message,
                        "cannot connect to 127.0.0.1 port 1: connection refused");
}

/* ---- renewals and cancelling ---- */

static void renew(Fixture *fixture)
{
    size_t renewals = fixture->renewals;

    assert_int_equal(roma_client_renew(fixture->client, 0), 0);
    assert_int_equal(roma_client_renew(fixture->client, 0), -EALREADY);
    assert_int_equal(fixture->renewals, renewals);
    alarm(30);
    while (fixture->renewals == renewals)
        assert_true(sd_event_run(fixture->event, UINT64_MAX) >= 0);
    alarm(0);
    assert_int_equal(fixture->renewals, renewals + 1);
}

static void test_renewal(void **state)
{
    Fixture *fixture = *state;

    start(fixture, false);
    renew(fixture);
    assert_int_equal(fixture->renewal, RENEWAL_UNCHANGED);
    write_secret(fixture, "token", "another-token");
    renew(fixture);
    assert_int_equal(fixture->renewal, RENEWAL_DONE);
    ask_list(fixture);
    assert_header(fixture, "X-Auth-Token", "another-token");
    remove_secret(fixture, "token");
    renew(fixture);
    assert_int_equal(fixture->renewal, RENEWAL_FAILED);
    assert_has(fixture->renewal_err.text, "no such file");
    ask_list(fixture);
    assert_header(fixture, "X-Auth-Token", "another-token");
}

static void serve_nothing(PeerConnection *connection, Fixture *fixture)
{
    (void)connection;
    (void)fixture;
}

static void test_cancel_all(void **state)
{
    Fixture *fixture = *state;
    Request request = list_request(fixture);

    fixture->serve = serve_nothing;
    start(fixture, false);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(roma_client_submit(fixture->client, &request), 0);
    assert_int_equal(roma_client_renew(fixture->client, 0), 0);
    alarm(30);
    while (peer_requests(fixture->peer) < 3)
        assert_true(sd_event_run(fixture->event, UINT64_MAX) >= 0);
    alarm(0);
    fixture->renewals = 0;
    roma_client_cancel_all(fixture->client);
    fixture->serve = NULL;
    ask_list(fixture);
    assert_int_equal(fixture->answers, 1);
    assert_int_equal(fixture->answer.http, 200);
}

static void test_free_under_way(void **state)
{
    Fixture *fixture = *state;
    Request request = list_request(fixture);

    fixture->serve = serve_nothing;
    start(fixture, false);
    assert_int_equal(roma_client_submit(fixture->client, &request), 0);
    roma_client_free(fixture->client);
    fixture->client = NULL;
    assert_int_equal(fixture->answers, 0);
}

static void test_all_missing_credentials_are_named(void **state)
{
    Fixture *fixture = *state;
    Instance instances[3] = {fixture->instance, fixture->instance, fixture->instance};
    Err err = {0};

    instances[0].name = "one";
    instances[0].auth.token_file = "missing-one";
    instances[2].name = "three";
    instances[2].auth = (Auth){.method = AUTH_PASSWORD};
    fixture->config.instances = instances;
    fixture->config.instance_count = 3;
    assert_int_equal(roma_client_new(fixture->event, &fixture->config, false, on_answer, on_renewed,
                                     fixture, &fixture->client, &err),
                     -ENOENT);
    assert_has(err.text, "instance one: auth.token_file: ");
    assert_has(err.text, "/missing-one: there is no such file");
    assert_has(err.text, "; instance three: auth.method password is not supported");
    assert_has_not(err.text, TOKEN);
    assert_null(fixture->client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_list_with_token, setup, teardown),
        cmocka_unit_test_setup_teardown(test_list_channels, setup, teardown),
        cmocka_unit_test_setup_teardown(test_list_signed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_delete_signed_with_security_token, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_deletion_without_permit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_deletion_after_permits_are_forgotten, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_no_deletion_when_read_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_deletion_in_observe, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_deletion_without_channel, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_odd_id_in_a_path, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_retry_after, setup, teardown),
        cmocka_unit_test_setup_teardown(test_odd_lists, setup, teardown),
        cmocka_unit_test_setup_teardown(test_status_of_a_deletion_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_big, setup, teardown),
        cmocka_unit_test_setup_teardown(test_truncated, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_secret_in_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_secret_key_in_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clock_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unreachable, setup, teardown),
        cmocka_unit_test_setup_teardown(test_renewal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cancel_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_free_under_way, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_missing_credentials_are_named, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
