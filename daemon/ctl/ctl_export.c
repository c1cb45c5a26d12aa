/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/roster/roster_writer.h"
#include "daemon/base/file.h"
#include "daemon/base/file_put.h"
#include "daemon/base/hang.h"
#include "daemon/base/map.h"
#include "daemon/base/str.h"
#include "daemon/base/utf8.h"
#include "daemon/cli/exit_status.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/ctl/ctl_survey.h"
#include "daemon/report/export.h"
#include "daemon/report/failures.h"
#include "daemon/report/row.h"

/* A channel that is to be written. */
typedef struct ExportEntry {
    size_t number;       /* of the channel */
    const Json *channel; /* its outline */
    char file[REPORT_EXPORT_NAME_SIZE];
} ExportEntry;

typedef struct CtlExport {
    const Options *options;
    int directory; /* -1: standard output */
    bool is_made;  /* the directory was not there before, and goes where nothing comes into it */
    Kept *kept;
    const Json *root; /* its outline */
    Failures failures;
    ExportEntry *entries;
    size_t count;
    size_t size; /* of all entries, in bytes */
    Map files;   /* names of files -> their entries */
    int status;  /* so far */
} CtlExport;

static void ctl_export_done(CtlExport *export)
{
    if (export->is_made)
        rmdir(export->options->output); /* refused where it has files */
    free(export->entries);
    map_done(&export->files);
    failures_done(&export->failures);
    kept_free(export->kept);
    file_closep(&export->directory);
}

/* Says what is wrong with one of them, and goes on. */
static void ctl_export_tell(CtlExport *export, const Json *channel, const char *what, int status)
{
    _cleanup_(buf_done) Buf text = {0};
    char name[ROW_NAME_SIZE];

    buf_printf(&text, "%s: %s", row_channel(channel, name, sizeof(name)), what);
    ctl_say(status, buf_failed(&text) < 0 ? what : buf_text(&text));
    if (status != EXIT_IN_SYNC)
        export->status = status;
}

/* ---- what there is ---- */

static int ctl_export_open(CtlExport *export)
{
    const char *path = export->options->output;
    Err err = {0};

    if (!path)
        return EXIT_IN_SYNC;
    _cleanup_hang_ Hang hang = hang_enter(path);

    export->is_made = mkdir(path, 0777) == 0;
    export->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (export->directory >= 0 && faccessat(export->directory, ".", W_OK | X_OK, AT_EACCESS) == 0)
        return EXIT_IN_SYNC;
    err_set(&err, -errno, "--output %.500s: %s%s", path, strerror(errno),
            errno == ENOENT ? ": make the directory that it is to stand in first" : "");
    return ctl_say(EXIT_FAILED, err.text);
}

/* What could not be read of whole instances. */
static void ctl_export_tell_instances(CtlExport *export)
{
    for (size_t i = 0; i < row_count(export->root, "instances"); i++) {
        const Json *instance = row_at(export->root, "instances", i);
        const char *message = row_text(json_find(instance, "error"), "message");
        Err err = {0};

        if (!message[0])
            continue;
        err_set(&err, -EIO, "%.200s: %.500s", row_text(instance, "name"), message);
        export->status = ctl_say(EXIT_FAILED, err.text);
    }
}

/* A roster beside those that are there must not list a channel twice. */
static void ctl_export_tell_roster(CtlExport *export, const Json *channel)
{
    const Json *roster = json_find(channel, "roster");
    Err err = {0};

    if (!roster || !export->options->output || export->options->force)
        return;
    err_set(&err, -EEXIST, "stands in %.300s:%s already, and may be listed once only",
            row_text(roster, "file"), row_text(roster, "line"));
    ctl_export_tell(export, channel, err.text, EXIT_IN_SYNC);
}

/* That a channel gets no entry; of an instance that failed, once. */
static void ctl_export_tell_none(CtlExport *export, size_t number, int error, Err *err)
{
    const Json *channel = row_at(export->root, "channels", number);
    int status = error == -EOPNOTSUPP ? EXIT_IN_SYNC : EXIT_FAILED;

    if (!failures_is_of_instance(&export->failures, number)) {
        err_context(err, error, "no entry");
        ctl_export_tell(export, channel, err->text, status);
        return;
    }
    err_context(err, error, "%.200s: no entry for any of its %zu channels",
                row_text(channel, "instance"), failures_count(&export->failures, number));
    if (failures_is_first(&export->failures, number))
        ctl_say(status, err->text);
    export->status = status;
}

/* Appends the entry of a channel, as report_export_append(); -ENODATA: what was kept of it cannot
 * be read. */
static int ctl_export_append(const CtlExport *export, size_t number, Buf *yaml, Err *err)
{
    const Json *channel = kept_channel(export->kept, number);

    if (channel)
        return report_export_append(channel, export->options->fields, yaml, err);
    *err = *kept_why(export->kept);
    return -ENODATA;
}

/* Adds a channel, unless it gets no entry. 0, -ENOMEM or -ENODATA. */
static int ctl_export_add(CtlExport *export, size_t number, Err *err)
{
    const Json *channel = row_at(export->root, "channels", number);
    ExportEntry *entry = &export->entries[export->count];
    _cleanup_(buf_done) Buf yaml = {0};
    int r = ctl_export_append(export, number, &yaml, err);

    if (r == -ENOMEM || r == -ENODATA)
        return r;
    if (r < 0) {
        ctl_export_tell_none(export, number, r, err);
        return 0;
    }
    *entry = (ExportEntry){.number = number, .channel = channel};
    report_export_name(channel, entry->file);
    export->count++;
    export->size += yaml.size;
    ctl_export_tell_roster(export, channel);
    return 0;
}

static int ctl_export_add_all(CtlExport *export, Err *err)
{
    size_t count = row_count(export->root, "channels");
    int r = failures_collect(&export->failures, export->root);

    export->entries = calloc(count + 1, sizeof(*export->entries));
    if (r < 0 || !export->entries)
        return err_memory(err);
    for (size_t i = 0; i < count && r == 0; i++) {
        err_clear(err);
        r = ctl_export_add(export, i, err);
    }
    return r;
}

/* ---- to standard output ---- */

static bool ctl_export_is_of_one_instance(const CtlExport *export)
{
    for (size_t i = 1; i < export->count; i++) {
        if (!str_equal(row_text(export->entries[i].channel, "instance"),
                       row_text(export->entries[0].channel, "instance")))
            return false;
    }
    return true;
}

/* An entry is printed whole, or not at all. */
static int ctl_export_print(CtlExport *export)
{
    _cleanup_(buf_done) Buf text = {0};
    int status = EXIT_IN_SYNC;
    Err err = {0};

    if (!ctl_export_is_of_one_instance(export))
        return ctl_say(EXIT_FAILED, "channels of several instances cannot stand in one roster: "
                                    "name one with --instance, or give --output DIR");
    if (export->count > 0)
        report_export_append_head(row_text(export->entries[0].channel, "instance"), &text);
    if (!roster_writer_fits(text.size + export->size))
        return ctl_say(EXIT_FAILED, "one roster of all these channels would have more than 8 MiB, "
                                    "which rosterd does not read: give --output DIR, or name "
                                    "CHANNELs");
    for (size_t i = 0; i < export->count && status == EXIT_IN_SYNC; i++) {
        if (ctl_export_append(export, export->entries[i].number, &text, &err) < 0)
            return ctl_say(EXIT_FAILED, err.text);
        if (buf_failed(&text) < 0)
            return ctl_no_memory();
        status = ctl_print(&text);
        buf_reset(&text);
    }
    return status == EXIT_IN_SYNC ? export->status : status;
}

/* ---- to files ---- */

/* Whether each has a name of its own that is free: else none is written. */
static int ctl_export_check_files(CtlExport *export)
{
    for (size_t i = 0; i < export->count; i++) {
        ExportEntry *entry = &export->entries[i];
        int r = map_put(&export->files, entry->file, strlen(entry->file), entry);
        Err err = {0};

        if (r < 0)
            return ctl_no_memory();
        if (r == 0) {
            err_set(&err, -EEXIST,
                    "%s would be written for another channel, too: export them one by one",
                    entry->file);
            ctl_export_tell(export, entry->channel, err.text, EXIT_FAILED);
            return EXIT_FAILED;
        }
        if (export->options->force ||
            faccessat(export->directory, entry->file, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        err_set(&err, -EEXIST, "%.300s/%s is there already: --force writes over it",
                export->options->output, entry->file);
        ctl_export_tell(export, entry->channel, err.text, EXIT_FAILED);
    }
    return export->status;
}

static int ctl_export_write(CtlExport *export, const ExportEntry *entry, Buf *written)
{
    _cleanup_(buf_done) Buf text = {0};
    Err err = {0};
    int r;

    report_export_append_head(row_text(entry->channel, "instance"), &text);
    if (ctl_export_append(export, entry->number, &text, &err) < 0)
        return ctl_say(EXIT_FAILED, err.text);
    if (buf_failed(&text) < 0)
        return ctl_no_memory();
    r = file_put(export->directory, entry->file, text.data, text.size, export->options->force);
    if (r == 0) {
        utf8_append_shown(written, export->options->output);
        buf_printf(written, "/%s\n", entry->file);
        return EXIT_IN_SYNC;
    }
    err_set(&err, r, "%.300s/%s cannot be written: %s", export->options->output, entry->file,
            strerror(-r));
    ctl_export_tell(export, entry->channel, err.text, EXIT_FAILED);
    return EXIT_FAILED;
}

static int ctl_export_write_all(CtlExport *export)
{
    _cleanup_(buf_done) Buf written = {0};
    int before = export->status, status;

    export->status = EXIT_IN_SYNC;
    status = ctl_export_check_files(export);
    for (size_t i = 0; i < export->count && status == EXIT_IN_SYNC; i++)
        status = ctl_export_write(export, &export->entries[i], &written);
    if (buf_failed(&written) < 0)
        return ctl_no_memory();
    if (written.size > 0 && ctl_print(&written) != EXIT_IN_SYNC)
        status = EXIT_FAILED;
    return status == EXIT_IN_SYNC ? before : status;
}

int ctl_export(const Options *options)
{
    _cleanup_(ctl_export_done) CtlExport export = {.options = options, .directory = -1};
    int status = ctl_export_open(&export);
    Err err = {0};

    if (status == EXIT_IN_SYNC)
        status = ctl_survey(options, true, &export.kept);
    if (status != EXIT_IN_SYNC)
        return status;
    export.root = kept_root(export.kept);
    ctl_export_tell_instances(&export);
    if (ctl_export_add_all(&export, &err) < 0)
        return ctl_say(EXIT_FAILED, err.text);
    if (export.count == 0 && export.status == EXIT_IN_SYNC)
        ctl_say(EXIT_IN_SYNC, "there is no channel to write");
    return options->output ? ctl_export_write_all(&export) : ctl_export_print(&export);
}
