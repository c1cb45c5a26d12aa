/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl_complete.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "config/load/config_load.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/base/utf8.h"
#include "daemon/cli/completion.h"
#include "daemon/cli/control_path.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/report/channel_text.h"
#include "daemon/report/row.h"

#define COMPLETE_SEC 2

static void complete_on_alarm(int number)
{
    (void)number;
    _exit(0);
}

/* Settings on a dead file system, a daemon that is stopped: whatever it is that does not answer. */
static void complete_bound_time(void)
{
    const struct sigaction action = {.sa_handler = complete_on_alarm};
    sigset_t alarms;

    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarms, NULL);
    sigaction(SIGALRM, &action, NULL);
    alarm(COMPLETE_SEC);
}

/* "~/x.yaml" has not been through the shell yet. */
static int complete_expand(const char *path, char **ret_path)
{
    const char *home = getenv("HOME");
    Buf buf = {0};

    if (str_has_prefix(path, "~/") && home) {
        buf_puts(&buf, home);
        path++;
    }
    buf_puts(&buf, path);
    *ret_path = buf_take(&buf);
    return *ret_path ? 0 : -ENOMEM;
}

/* ---- what the daemon knows ---- */

/* A name that nobody can type is none to complete, nor one that would be taken for an option. */
static bool complete_can_be_typed(const char *text)
{
    _cleanup_(buf_done) Buf shown = {0};

    utf8_append_shown(&shown, text);
    return text[0] && text[0] != '-' && buf_failed(&shown) == 0 &&
           str_equal(buf_text(&shown), text);
}

/* The names of all channels, in order. */
typedef struct Names {
    const char **names;
    size_t count;
} Names;

static void names_done(Names *names)
{
    free(names->names);
}

static int names_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int names_take(const Json *root, Names *ret_names)
{
    ret_names->count = row_count(root, "channels");
    ret_names->names = calloc(ret_names->count + 1, sizeof(*ret_names->names));
    if (!ret_names->names)
        return -ENOMEM;
    for (size_t i = 0; i < ret_names->count; i++)
        ret_names->names[i] = row_text(row_at(root, "channels", i), "name");
    qsort(ret_names->names, ret_names->count, sizeof(*ret_names->names), names_compare);
    return 0;
}

/* Whether several channels have it. */
static bool names_has_several(const Names *names, const char *name)
{
    const char **found =
        bsearch(&name, names->names, names->count, sizeof(*names->names), names_compare);

    return found && ((found > names->names && str_equal(found[-1], name)) ||
                     (found + 1 < names->names + names->count && str_equal(found[1], name)));
}

/* By its name where that is enough, and not begun with the instance. */
static void complete_channel(const Completion *completion, const Names *names, const Json *channel,
                             Buf *buf)
{
    char whole[ROW_NAME_SIZE];
    const char *name = row_text(channel, "name"), *text = name;

    if (name[0] && (strchr(completion->typed, '/') || names_has_several(names, name)))
        text = row_channel(channel, whole, sizeof(whole));
    if (!complete_can_be_typed(text))
        text = row_text(channel, "id");
    if (complete_can_be_typed(text))
        completion_append_line(completion, text, row_text(channel, "result"), buf);
}

static void complete_instance(const Completion *completion, const Json *instance, Buf *buf)
{
    if (complete_can_be_typed(row_text(instance, "name")))
        completion_append_line(completion, row_text(instance, "name"), "", buf);
}

/* A plan that a guard holds back; "prod/orders: max_deletes" says which it is. */
static void complete_digest(const Completion *completion, const Json *row, const char *name,
                            Buf *buf)
{
    _cleanup_(buf_done) Buf about = {0}, shown = {0};

    if (row_count(row, "guards") == 0 || !row_text(row, "digest")[0] ||
        channel_text_waits_for_fleet(row))
        return;
    buf_printf(&about, "%s:", name);
    for (size_t i = 0; i < row_count(row, "guards"); i++)
        buf_printf(&about, "%s %s", i == 0 ? "" : ",", row_text(row_at(row, "guards", i), "name"));
    utf8_append_shown(&shown, buf_text(&about));
    completion_append_line(completion, row_text(row, "digest"), buf_text(&shown), buf);
}

static int complete_rows(const Completion *completion, const Json *root, Buf *buf)
{
    _cleanup_(names_done) Names names = {0};

    if (names_take(root, &names) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < row_count(root, "instances"); i++) {
        const Json *instance = row_at(root, "instances", i);

        if (completion->kind == COMPLETION_INSTANCES)
            complete_instance(completion, instance, buf);
        if (completion->kind == COMPLETION_DIGESTS)
            complete_digest(completion, instance, row_text(instance, "name"), buf);
    }
    for (size_t i = 0; i < row_count(root, "channels"); i++) {
        const Json *channel = row_at(root, "channels", i);
        char name[ROW_NAME_SIZE];

        if (completion->kind == COMPLETION_CHANNELS)
            complete_channel(completion, &names, channel, buf);
        if (completion->kind == COMPLETION_DIGESTS)
            complete_digest(completion, channel, row_channel(channel, name, sizeof(name)), buf);
    }
    return 0;
}

/* ---- whom to ask ---- */

/* Those of the settings, for whoever has no daemon yet. */
static void complete_instances_of(const Completion *completion, const char *config_path, Buf *buf)
{
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(config_freep) Config *config = NULL;

    config_load_settings(config_path, &problems, &config);
    for (size_t i = 0; config && i < config->instance_count; i++)
        completion_append_line(completion, config->instances[i].name, "", buf);
}

static int complete_ask(const Completion *completion, Buf *buf)
{
    const char *environment = getenv("ROSTERD_CONFIG");
    const char *config = completion->config_path     ? completion->config_path
                         : str_is_empty(environment) ? CONFIG_PATH_DEFAULT
                                                     : environment;
    _cleanup_free_ char *config_path = NULL, *socket_path = NULL;
    _cleanup_(json_freep) Json *root = NULL;
    Options options = {0};
    Err err = {0};

    if (complete_expand(config, &config_path) < 0 ||
        (completion->socket_path && complete_expand(completion->socket_path, &socket_path) < 0))
        return -ENOMEM;
    options.config_path = config_path;
    options.socket_path = socket_path;
    if (ctl_get(&options, CONTROL_PATH_STATUS "?rows=0", &root, &err) == 0)
        return complete_rows(completion, root, buf);
    if (completion->kind == COMPLETION_INSTANCES)
        complete_instances_of(completion, config_path, buf);
    return 0;
}

static bool complete_is_asked_for(CompletionKind kind)
{
    return kind == COMPLETION_CHANNELS || kind == COMPLETION_INSTANCES ||
           kind == COMPLETION_DIGESTS;
}

int ctl_complete(int argc, char *argv[])
{
    const char *const *words = (const char *const *)argv;
    _cleanup_(buf_done) Buf buf = {0};
    Completion completion;
    int r = 0;

    if (argc < 1)
        return 0;
    completion_find(words[0], words + 1, (size_t)argc - 1, &completion);
    completion_append(&completion, &buf);
    if (completion.kind == COMPLETION_FILES)
        buf_puts(&buf, "\tfile\n");
    if (completion.kind == COMPLETION_DIRECTORIES)
        buf_puts(&buf, "\tdirectory\n");
    if (complete_is_asked_for(completion.kind)) {
        complete_bound_time();
        r = complete_ask(&completion, &buf);
    }
    if (r == 0 && buf_failed(&buf) == 0)
        fputs(buf_text(&buf), stdout);
    return 0;
}
