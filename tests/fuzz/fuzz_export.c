/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what a survey found, whoever tells it: shown to people, nothing of it steers a terminal;
 * and a roster that is made of a channel is one that is read without a mistake, with the channel's
 * id and a member for each that is live, in a file whose name leads nowhere else.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/load/config_load.h"
#include "daemon/base/str.h"
#include "daemon/json/json_parser.h"
#include "daemon/report/channels_text.h"
#include "daemon/report/export.h"
#include "daemon/report/row.h"
#include "tests/fuzz/shown.h"
#include "tests/scratch.h"

int LLVMFuzzerInitialize(int *argument_count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory_path[SCRATCH_SIZE], roster_path[SCRATCH_SIZE + 16];

static void remove_directory(void)
{
    scratch_remove(directory_path);
}

int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    bool is_made = scratch_make(directory_path, "/dev/shm", "fuzz_export") ||
                   scratch_make(directory_path, "/tmp", "fuzz_export");
    int r = atexit(remove_directory);

    (void)argument_count;
    (void)arguments;
    assert(is_made && r == 0);
    snprintf(roster_path, sizeof(roster_path), "%s/a.yaml", directory_path);
    setlocale(LC_CTYPE, "C.UTF-8");
    return 0;
}

static void check_name(const Json *channel)
{
    char name[REPORT_EXPORT_NAME_SIZE];

    report_export_name(channel, name);
    assert(strlen(name) > strlen("-.yaml") && name[0] != '.' && !strchr(name, '/'));
    assert(str_equal(name + strlen(name) - 5, ".yaml"));
}

static void check_roster(const Json *channel, const Buf *roster)
{
    const char *files[] = {roster_path};
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(config_freep) Config *config = NULL;
    int fd = open(roster_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), r;
    ssize_t written;

    assert(fd >= 0);
    written = write(fd, roster->data, roster->size);
    assert(written == (ssize_t)roster->size);
    close(fd);
    r = config_load_rosters(NULL, files, 1, &problems, &config);
    assert(r == 0 && config && !problems_any(&problems));
    assert(config->channel_count == 1);
    assert(str_equal(config->channels[0].id, row_text(channel, "id")));
    assert(config->channels[0].member_count <= row_count(channel, "members"));
    assert((config->channels[0].member_count == 0) == (row_count(channel, "members") == 0));
}

static void check_channel(const Json *channel, bool with_fields)
{
    _cleanup_(buf_done) Buf roster = {0};
    Err err = {0};
    size_t head;
    int r;

    report_export_append_head("prod", &roster);
    head = roster.size;
    r = report_export_append(channel, with_fields, &roster, &err);
    shown_check(&roster);
    if (r < 0) {
        assert((r == -EOPNOTSUPP || r == -EIO || r == -EINVAL) && err_is_set(&err));
        assert(roster.size == head);
        return;
    }
    check_name(channel);
    check_roster(channel, &roster);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(json_freep) Json *root = NULL;
    _cleanup_(buf_done) Buf text = {0}, shown = {0};

    buf_append(&text, data, size);
    if (json_parse_once(buf_text(&text), text.size, &root, NULL) < 0)
        return 0;
    assert(channels_text_append(&(ReportSource){.root = root}, false, &shown) == 0);
    shown_check(&shown);
    for (size_t i = 0; i < row_count(root, "channels"); i++)
        check_channel(row_at(root, "channels", i), i % 2 == 0);
    return 0;
}
