/* SPDX-License-Identifier: MIT */
#include "daemon/cli/load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/load/config_load.h"
#include "daemon/cli/exit_status.h"

typedef int (*Loader)(const char *path, Problems *problems, Config **ret_config);

static void load_print(const Problems *problems)
{
    _cleanup_(buf_done) Buf text = {0};

    problems_print(problems, &text);
    fputs(buf_failed(&text) < 0 || text.size == 0 ? "out of memory\n" : buf_text(&text), stderr);
}

static int load_or_explain(Loader loader, const char *path, Config **ret_config)
{
    _cleanup_(problems_done) Problems problems = {0};
    int r = loader(path, &problems, ret_config);

    if (r >= 0)
        return EXIT_IN_SYNC;
    load_print(&problems);
    return r == -ENOMEM ? EXIT_FAILED : EXIT_INVALID;
}

int load_config(const char *path, Config **ret_config)
{
    return load_or_explain(config_load, path, ret_config);
}

int load_settings(const char *path, Config **ret_config)
{
    return load_or_explain(config_load_settings, path, ret_config);
}

int load_check(const char *path)
{
    _cleanup_(config_freep) Config *config = NULL;
    size_t members = 0;
    int status = load_config(path, &config);

    if (status != EXIT_IN_SYNC)
        return status;
    if (config->doubts.count > 0)
        load_print(&config->doubts);
    for (size_t i = 0; i < config->channel_count; i++)
        members += config->channels[i].member_count;
    printf("%s: valid: %zu instance%s, %zu channel%s, %zu member%s\n", path, config->instance_count,
           config->instance_count == 1 ? "" : "s", config->channel_count,
           config->channel_count == 1 ? "" : "s", members, members == 1 ? "" : "s");
    if (fflush(stdout) == EOF || ferror(stdout)) {
        fprintf(stderr, "the result cannot be printed: %s\n", strerror(errno));
        return EXIT_FAILED;
    }
    return EXIT_IN_SYNC;
}
