/* SPDX-License-Identifier: MIT */
/* Each allocation of answering a request fails once, in turn: whoever asks is told that memory is
 * short, or the whole answer, and the next one who asks is answered as ever. */
#include "tests/unit/control_answer.h"
#include "tests/unit/failing.h"

#include <unistd.h>

#include "daemon/cli/socket_path.h"
#include "daemon/control/control_internal.h"
#include "daemon/control/handle_approve.h"
#include "daemon/control/handle_channels.h"
#include "daemon/control/handle_history.h"
#include "daemon/control/handle_page.h"
#include "daemon/control/handle_pause.h"
#include "daemon/control/handle_plan.h"
#include "daemon/control/handle_reconcile.h"
#include "daemon/control/handle_samples.h"
#include "daemon/control/handle_status.h"
#include "daemon/control/handle_undo.h"
#include "daemon/control/reply.h"
#include "daemon/json/json_parser.h"

/* As many as no request has. */
#define ALLOCATIONS_MAX 20000

typedef void (*Show)(Control *control, ServerRequest *request);
typedef int (*Handle)(Control *control, ServerRequest *request, const Json *root, Err *err);

/* Calls a handler as the control does, while an allocation of it fails. */
typedef struct Calling {
    ControlCase *control_case;
    Server *server;
    Show show;
    Handle change;
    long index; /* of the allocation; -1: none fails */
    bool has_failed;
} Calling;

static Calling calling;

static void on_call(ServerRequest *request, void *userdata)
{
    Control *control = calling.control_case->control;
    Json *root = NULL;
    Err err = {0};
    int r = 0;

    (void)userdata;
    if (calling.change)
        assert_int_equal(json_parse_request(server_request_body(request), &root, &err), 0);
    if (calling.index >= 0)
        failing_after(calling.index);
    if (calling.change)
        r = calling.change(control, request, root, &err);
    else
        calling.show(control, request);
    calling.has_failed = failing_stop();
    if (r < 0)
        reply_fail(request, r, &err);
    json_free(root);
}

static void begin(ControlCase *control_case)
{
    Err err = {0};
    int fd;

    if (!failing_is_possible())
        skip();
    control_case_use(control_case,
                     "guards: {max_delete_percent: 100}\nlimits: {requests_per_second: 1000}\n",
                     NULL);
    control_case_begin(control_case);
    strcat(control_case->path, "-2");
    fd = socket_path_listen(control_case->path, &err);
    assert_true(fd >= 0);
    calling = (Calling){.control_case = control_case, .index = -1};
    assert_int_equal(
        server_new(control_case_loop(control_case), fd, on_call, NULL, &calling.server), 0);
}

static int teardown(void **state)
{
    const ControlCase *control_case = *state;

    server_free(calling.server);
    calling.server = NULL;
    unlink(control_case->path);
    return control_case_teardown(state);
}

static bool says(const char *part)
{
    return strstr(buf_text(&calling.control_case->answer), part) != NULL;
}

/* Whether the allocation was one of the request. */
static bool ask(const char *body, long index)
{
    ControlCase *control_case = calling.control_case;

    calling.index = index;
    control_case_await_answer(
        control_case, control_case_send_request(control_case, body ? "POST" : "GET", "/", body));
    if (!calling.has_failed && control_case->status != 200)
        fail_msg("%s", buf_text(&control_case->answer));
    if (control_case->status != 200 && !says("memory"))
        fail_msg("allocation %ld: %s", index, buf_text(&control_case->answer));
    return calling.has_failed;
}

/* `name`: the answer that is not short of memory; NULL: it differs from run to run. */
static void each(Show show, Handle change, const char *body, const char *name)
{
    long index = 0;

    calling.show = show;
    calling.change = change;
    while (ask(body, index)) {
        if (name && !says("memory"))
            control_answer_compare(calling.control_case, name);
        assert_true(++index < ALLOCATIONS_MAX);
    }
    assert_true(index > 0);
    assert_false(ask(body, -1));
    if (name)
        control_answer_compare(calling.control_case, name);
}

static void test_what_is_shown(void **state)
{
    begin(*state);
    each(handle_status, NULL, NULL, "status-deleted.json");
    each(handle_history, NULL, NULL, "history-deleted.json");
    each(handle_progress, NULL, NULL, "progress.json");
    each(handle_samples, NULL, NULL, NULL);
    each(handle_page, NULL, NULL, NULL);
}

static void test_pauses(void **state)
{
    begin(*state);
    each(NULL, handle_pause, "{\"channel\":\"payments\",\"reason\":\"work\",\"for\":\"2h\"}", NULL);
    each(NULL, handle_pause, "{\"instance\":\"prod\",\"reason\":\"work\"}", NULL);
}

static void test_passes(void **state)
{
    begin(*state);
    each(NULL, handle_reconcile_begin, "{}", "reconcile.json");
    each(NULL, handle_reconcile_begin, "{\"channel\":\"payments\"}", "reconcile-channel.json");
    each(NULL, handle_plan, "{}", NULL);
    each(handle_channels, NULL, NULL, "channels.json");
    each(NULL, handle_plan, "{\"channels\":[\"payments\"]}", NULL);
}

static void test_an_approval(void **state)
{
    char digest[80], body[128];

    begin(*state);
    calling.show = handle_status;
    assert_false(ask(NULL, -1));
    control_answer_find(calling.control_case, "\"changed\": [],\n      \"digest\": \"", digest,
                        sizeof(digest));
    snprintf(body, sizeof(body), "{\"digest\":\"%s\",\"now\":true}", digest);
    each(NULL, handle_approve, body, "approve-spent.json");
}

static void test_undos(void **state)
{
    begin(*state);
    each(NULL, handle_undo, "{\"action\":1,\"dry_run\":true}", NULL);
    each(NULL, handle_undo, "{\"last\":true,\"channel\":\"prod/payments\"}", NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, control_case_setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_shown), TEST(test_pauses), TEST(test_passes),
        TEST(test_an_approval),   TEST(test_undos),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
