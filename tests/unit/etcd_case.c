/* SPDX-License-Identifier: MIT */
#include "tests/unit/etcd_case.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/str.h"

#define AWAIT_USEC (60 * USEC_PER_SEC)
#define CALL_USEC (20 * USEC_PER_SEC)

/* A port that is free at this moment. */
static unsigned int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void etcd_case_exec(const EtcdCase *etcd_case, const char *peer_url)
{
    char cluster[96];
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    snprintf(cluster, sizeof(cluster), "one=%s", peer_url);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    setenv("ETCD_UNSUPPORTED_ARCH", "arm64", 1); /* where it is one that etcd does not vouch for */
    execlp("etcd", "etcd", "--name", "one", "--data-dir", etcd_case->folder, "--listen-client-urls",
           etcd_case->url, "--advertise-client-urls", etcd_case->url, "--listen-peer-urls",
           peer_url, "--initial-advertise-peer-urls", peer_url, "--initial-cluster", cluster,
           (char *)NULL);
    _exit(127);
}

static void etcd_case_start_server(EtcdCase *etcd_case)
{
    char peer_url[64];

    snprintf(etcd_case->url, sizeof(etcd_case->url), "http://127.0.0.1:%u", free_port());
    snprintf(peer_url, sizeof(peer_url), "http://127.0.0.1:%u", free_port());
    etcd_case->pid = fork();
    assert_true(etcd_case->pid >= 0);
    if (etcd_case->pid == 0)
        etcd_case_exec(etcd_case, peer_url);
}

int etcd_case_setup(void **state)
{
    EtcdCase *etcd_case = calloc(1, sizeof(*etcd_case));

    assert_non_null(etcd_case);
    *state = etcd_case;
    if (system("command -v etcd > /dev/null") != 0) {
        print_message("skipped: there is no etcd on this machine\n");
        return 0;
    }
    assert_true(scratch_make(etcd_case->folder, "/tmp", "rosterd-etcd"));
    etcd_case_start_server(etcd_case);
    etcd_case->settings.endpoints = etcd_case->endpoints;
    assert_true(sd_event_new(&etcd_case->event) >= 0);
    assert_int_equal(http_new(etcd_case->event, &etcd_case->http), 0);
    assert_int_equal(etcd_case_begin(state), 0);
    etcd_case_ask(etcd_case, "maintenance/status", "{}");
    assert_int_equal(etcd_case->result, ETCD_ANSWERED);
    return 0;
}

int etcd_case_begin(void **state)
{
    EtcdCase *etcd_case = *state;

    etcd_case->endpoints[0] = etcd_case->url;
    etcd_case->settings.endpoint_count = 1;
    etcd_case->timeout_usec = CALL_USEC;
    snprintf(etcd_case->prefix, sizeof(etcd_case->prefix), "/%zu/", ++etcd_case->test_count);
    snprintf(etcd_case->key, sizeof(etcd_case->key), "%sowner", etcd_case->prefix);
    if (!etcd_case->http)
        return 0; /* there is none on this machine */
    etcd_free(etcd_case->etcd);
    return etcd_new(etcd_case->event, etcd_case->http, &etcd_case->settings, &etcd_case->etcd);
}

int etcd_case_teardown(void **state)
{
    EtcdCase *etcd_case = *state;

    etcd_free(etcd_case->etcd);
    http_free(etcd_case->http);
    sd_event_unref(etcd_case->event);
    json_free(etcd_case->root);
    arena_done(&etcd_case->arena);
    if (etcd_case->pid > 0) {
        kill(etcd_case->pid, SIGKILL);
        waitpid(etcd_case->pid, NULL, 0);
        scratch_remove(etcd_case->folder);
    }
    free(etcd_case);
    return 0;
}

static void etcd_case_on_answer(void *userdata, const EtcdAnswer *answer)
{
    EtcdCase *etcd_case = userdata;
    Err err = {0};

    etcd_case->answers++;
    etcd_case->result = answer->result;
    etcd_case->code = answer->code;
    str_copy(etcd_case->message, sizeof(etcd_case->message), answer->message);
    json_free(etcd_case->root);
    etcd_case->root = NULL;
    if (answer->root) {
        const char *text = json_as_text(answer->root);

        assert_int_equal(json_parse_once(text, strlen(text), &etcd_case->root, &err), 0);
    }
}

void etcd_case_submit(EtcdCase *etcd_case, const char *path, const char *body)
{
    Buf copy = {0};

    buf_puts(&copy, body);
    assert_int_equal(etcd_call(etcd_case->etcd, path, &copy, etcd_case->timeout_usec,
                               etcd_case_on_answer, etcd_case, NULL),
                     0);
    buf_done(&copy);
}

void etcd_case_await(EtcdCase *etcd_case, size_t answers)
{
    uint64_t end_usec = clock_monotonic_usec() + AWAIT_USEC;

    while (etcd_case->answers < answers) {
        assert_true(clock_monotonic_usec() < end_usec);
        assert_true(sd_event_run(etcd_case->event, USEC_PER_SEC) >= 0);
    }
}

void etcd_case_ask(EtcdCase *etcd_case, const char *path, const char *body)
{
    size_t before = etcd_case->answers;

    etcd_case_submit(etcd_case, path, body);
    etcd_case_await(etcd_case, before + 1);
}

void etcd_case_ask_txn(EtcdCase *etcd_case, EtcdTxn *txn, Buf *body)
{
    Err err = {0};

    etcd_txn_end(txn);
    assert_int_equal(buf_failed(body), 0);
    etcd_case_ask(etcd_case, "kv/txn", buf_text(body));
    buf_done(body);
    assert_string_equal(etcd_case->message, "");
    arena_reset(&etcd_case->arena);
    assert_int_equal(etcd_read_txn(etcd_case->root, &etcd_case->arena, &etcd_case->txn, &err), 0);
}

int64_t etcd_case_grant(EtcdCase *etcd_case, uint64_t ttl_sec)
{
    Buf body = {0};
    Err err = {0};
    int64_t lease = 0;
    uint64_t given_sec = 0;

    etcd_put_grant(&body, ttl_sec);
    etcd_case_ask(etcd_case, "lease/grant", buf_text(&body));
    buf_done(&body);
    assert_int_equal(etcd_read_grant(etcd_case->root, &lease, &given_sec, &err), 0);
    assert_true(given_sec >= ttl_sec);
    return lease;
}

uint64_t etcd_case_keep(EtcdCase *etcd_case, int64_t lease)
{
    Buf body = {0};
    Err err = {0};
    uint64_t left_sec = 0, revision;

    etcd_put_lease(&body, lease);
    etcd_case_ask(etcd_case, "lease/keepalive", buf_text(&body));
    buf_done(&body);
    assert_int_equal(etcd_read_keepalive(etcd_case->root, lease, &left_sec, &revision, &err), 0);
    return left_sec;
}
