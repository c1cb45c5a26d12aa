/* SPDX-License-Identifier: MIT */
/* romasim: the stand-in service of the tests. Options, the state file, start and end. */
#include <errno.h>
#include <getopt.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/auth.h"
#include "tests/romasim/credentials.h"
#include "tests/romasim/faults.h"
#include "tests/romasim/help.h"
#include "tests/romasim/iam.h"
#include "tests/romasim/load.h"
#include "tests/romasim/log.h"
#include "tests/romasim/metadata.h"
#include "tests/romasim/server.h"
#include "tests/romasim/text.h"
#include "tests/romasim/timing.h"

typedef struct Options {
    ServerOptions server;
    const char *state;
    const char *port_file;
    const char *log;
    bool quiet;
} Options;

static volatile bool stop;

static void on_signal(int number)
{
    (void)number;
    stop = true;
}

static uint16_t parse_port(const char *text)
{
    char *end;
    long port = strtol(text, &end, 10);

    if (end == text || *end || port < 0 || port > 65535)
        alloc_die("--port: %s is not a port", text);
    return (uint16_t)port;
}

/* "CERT,KEY" */
static void parse_tls(char *text, ServerOptions *server)
{
    char *comma = strchr(text, ',');

    if (!comma)
        alloc_die("--tls needs CERT,KEY");
    *comma = '\0';
    server->tls_cert = text;
    server->tls_key = comma + 1;
}

static Options parse_options(int argc, char **argv)
{
    static const struct option longs[] = {{"bind", required_argument, NULL, 'b'},
                                          {"port", required_argument, NULL, 'p'},
                                          {"state", required_argument, NULL, 's'},
                                          {"port-file", required_argument, NULL, 'f'},
                                          {"log", required_argument, NULL, 'l'},
                                          {"tls", required_argument, NULL, 't'},
                                          {"quiet", no_argument, NULL, 'q'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    Options o = {.server = {.bind = "127.0.0.1"}};
    int option;

    while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (option) {
        case 'b':
            o.server.bind = optarg;
            break;
        case 'p':
            o.server.port = parse_port(optarg);
            break;
        case 's':
            o.state = optarg;
            break;
        case 'f':
            o.port_file = optarg;
            break;
        case 'l':
            o.log = optarg;
            break;
        case 't':
            parse_tls(optarg, &o.server);
            break;
        case 'q':
            o.quiet = true;
            break;
        case 'h':
            help_print();
            exit(0);
        default:
            exit(64);
        }
    }
    if (!o.state || optind < argc)
        alloc_die("usage: romasim --state FILE|- [--bind ADDR] [--port N] ..., see --help");
    return o;
}

static json_object *read_state(const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    json_object *state;
    char buffer[65536];
    Text t = {0};
    size_t n;

    if (!file)
        alloc_die("%s: %s", path, strerror(errno));
    while ((n = fread(buffer, 1, sizeof(buffer), file)) > 0)
        text_add_bytes(&t, buffer, n);
    state = jsonget_parse(t.data, t.len);
    if (!json_object_is_type(state, json_type_object))
        alloc_die("%s: it is not a JSON object", path);
    text_done(&t);
    if (file != stdin)
        fclose(file);
    return state;
}

static void load(json_object *state)
{
    static const char *const keys[] = {"clock_skew_seconds",
                                       "projects",
                                       "tokens",
                                       "keys",
                                       "users",
                                       "agency",
                                       "instances",
                                       "faults",
                                       "iam_error_form",
                                       "key_lock_seconds",
                                       "user_lock_seconds",
                                       NULL};
    JsonError e = {0};
    const char *form;

    jsonget_only(&e, state, "the state", keys);
    timing_set_skew(jsonget_int(&e, state, "clock_skew_seconds", 0));
    auth_locks.key_seconds = jsonget_int(&e, state, "key_lock_seconds", auth_locks.key_seconds);
    auth_locks.user_seconds = jsonget_int(&e, state, "user_lock_seconds", auth_locks.user_seconds);
    form = jsonget_string(&e, state, "iam_error_form");
    iam_keystone_errors = form && strcmp(form, "keystone") == 0;
    load_model(&e, state);
    credentials_load(&e, state);
    metadata_load(&e, state);
    faults_load(&e, jsonget_array(&e, state, "faults"));
    if (e.text)
        alloc_die("state: %s", e.text);
}

/* Readers never see half a number. */
static void write_port(const char *path, uint16_t port)
{
    char *temporary = alloc_format("%s.%ld", path, (long)getpid());
    FILE *file = fopen(temporary, "we");

    if (!file || fprintf(file, "%u\n", port) < 0 || fclose(file) != 0 ||
        rename(temporary, path) != 0)
        alloc_die("%s: %s", path, strerror(errno));
    free(temporary);
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_signal};
    Options options = parse_options(argc, argv);
    json_object *state;
    uint16_t port;

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    state = read_state(options.state);
    load(state);
    if (options.log)
        log_open(options.log);
    port = server_start(&options.server);
    if (options.port_file)
        write_port(options.port_file, port);
    if (!options.quiet) {
        printf("romasim listening on %s://%s:%u\n", options.server.tls_cert ? "https" : "http",
               options.server.bind, port);
        fflush(stdout);
    }
    server_run(&stop);
    json_object_put(state);
    return 0;
}
