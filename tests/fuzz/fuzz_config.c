/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes YAML to Config. The first byte chooses what the rest is: the settings, with one good
 * roster; or a roster, below good settings. Whatever comes in, a load gives either a Config that
 * can be read from end to end, or one problem at least, each in one line.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/load/config_load.h"
#include "tests/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char good_settings[] =
    "version: 1\n"
    "mode: prune\n"
    "instances:\n"
    "  prod: {endpoint: 'https://roma.example.com', project_id: p, instance_id: i,\n"
    "         auth: {method: token, token_file: t}}\n"
    "  test: {endpoint: 'http://127.0.0.1:8080', project_id: p, instance_id: i,\n"
    "         auth: {method: environment}}\n";

static const char good_roster[] = "version: 1\n"
                                  "instance: prod\n"
                                  "channels: [{name: payments, members: ['10.0.0.1:80']}]\n";

/* Where the two files stand; made once, in memory where there is such a file system. */
static char directory_path[SCRATCH_SIZE], settings_path[80], roster_path[96];

static void remove_directory(void)
{
    scratch_remove(directory_path);
}

static void make_directory(void)
{
    bool is_made;
    int r;

    if (settings_path[0])
        return;
    is_made = scratch_make(directory_path, "/dev/shm", "fuzz_config") ||
              scratch_make(directory_path, "/tmp", "fuzz_config");
    assert(is_made);
    snprintf(roster_path, sizeof(roster_path), "%s/rosters.d", directory_path);
    r = mkdir(roster_path, 0700);
    assert(r == 0);
    r = atexit(remove_directory);
    assert(r == 0);
    snprintf(roster_path, sizeof(roster_path), "%s/rosters.d/a.yaml", directory_path);
    snprintf(settings_path, sizeof(settings_path), "%s/rosterd.yaml", directory_path);
}

static void put_file(const char *path, const void *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t written;

    assert(fd >= 0);
    written = write(fd, bytes, size);
    assert(written == (ssize_t)size);
    close(fd);
}

/* Touches what a reader of the Config would. */
static size_t walk(const Config *config)
{
    size_t sum = strlen(config->path) + strlen(config->directory);

    for (size_t i = 0; i < config->instance_count; i++)
        sum += strlen(config->instances[i].name) + strlen(config->instances[i].endpoint) +
               strlen(config->instances[i].project_id) + strlen(config->instances[i].instance_id);
    for (size_t i = 0; i < config->channel_count; i++) {
        const RosterChannel *channel = &config->channels[i];

        assert(channel->instance < config->instance_count);
        assert(!channel->name != !channel->id);
        assert(channel->member_count > 0 || channel->allow_empty);
        assert(channel->guards.max_deletes <= config->guards.max_deletes);
        for (size_t j = 0; j < channel->member_count; j++)
            sum += strlen(channel->members[j].address) +
                   strlen(config_member_group(&channel->members[j]));
        for (size_t j = 0; j < channel->ignore_count; j++) {
            const IgnoreRule *rule = &channel->ignore[j];

            assert(rule->host || rule->has_network || rule->has_port || rule->group ||
                   rule->ecs_id);
        }
    }
    assert(config->instance_count > 0 && config->channel_count > 0 && config->file_count > 0);
    return sum;
}

static void check_problems(const Problems *problems)
{
    _cleanup_(buf_done) Buf text = {0};
    size_t lines = 0;

    problems_print(problems, &text);
    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    assert(lines == problems->count + (problems->dropped > 0));
}

/* Settings may name patterns over the whole file system, which then cost what they match. */
static bool has_far_pattern(const uint8_t *data, size_t size)
{
    return memmem(data, size, "/*", 2) || memmem(data, size, "/?", 2) ||
           memmem(data, size, "/[", 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(config_freep) Config *config = NULL;
    bool is_settings = size > 0 && data[0] == 's';
    int r;

    if (size == 0 || (is_settings && has_far_pattern(data, size)))
        return 0;
    make_directory();
    put_file(settings_path, is_settings ? (const void *)(data + 1) : good_settings,
             is_settings ? size - 1 : strlen(good_settings));
    put_file(roster_path, is_settings ? (const void *)good_roster : data + 1,
             is_settings ? strlen(good_roster) : size - 1);
    r = config_load(settings_path, &problems, &config);
    assert(r == 0 || r == -EINVAL);
    assert((r == 0) == (config != NULL));
    assert((r == 0) == !problems_any(&problems));
    if (config)
        assert(walk(config) > 0);
    check_problems(&problems);
    return 0;
}
