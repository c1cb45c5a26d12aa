/* SPDX-License-Identifier: MIT */
#include "daemon/store/integrity.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/base/buf.h"
#include "daemon/base/file.h"
#include "daemon/base/str.h"
#include "daemon/store/migrate.h"
#include "daemon/store/quarantine_internal.h"
#include "daemon/store/store_internal.h"

/* What every database begins with (sqlite.org/fileformat2.html, "The Database Header"). */
static const char integrity_magic[16] = "SQLite format 3";

/* ---- the files ---- */

static int integrity_set_path(OpenFiles *files, size_t number, const char *base, const char *ending)
{
    Buf path = {0};

    buf_printf(&path, "%s%s", base, ending);
    files->paths[number] = buf_take(&path);
    return files->paths[number] ? 0 : -ENOMEM;
}

/* SQLite's own name for the database: where the settings name a symbolic link, the log stands
 * beside what it leads to. */
static int integrity_set_paths(Store *store)
{
    OpenFiles *files = &store->files;
    const char *database = sqlite3_db_filename(store->db, "main");
    int r = integrity_set_path(files, OPEN_FILE_DATABASE, database, "");

    if (r == 0)
        r = integrity_set_path(files, OPEN_FILE_LOG, database, "-wal");
    if (r == 0)
        r = integrity_set_path(files, OPEN_FILE_INDEX, database, "-shm");
    if (r == 0)
        r = integrity_set_path(files, OPEN_FILE_LOCK, store->directory, "/" LOCK_FILE_NAME);
    return r;
}

int integrity_hold(Store *store, Err *err)
{
    OpenFiles *files = &store->files;

    assert(!store->is_read_only);
    if (integrity_set_paths(store) < 0)
        return err_memory(err);
    for (size_t i = 0; i < OPEN_FILE_COUNT; i++) {
        files->fds[i] = open(files->paths[i], O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (files->fds[i] < 0)
            return err_system(err, -errno, "the state in %s cannot be written: %s",
                              store->directory, files->paths[i]);
    }
    return integrity_check(store, err);
}

void integrity_done(OpenFiles *files)
{
    for (size_t i = 0; i < OPEN_FILE_COUNT; i++) {
        file_closep(&files->fds[i]);
        free(files->paths[i]);
    }
    *files = OPEN_FILES_NONE;
}

static bool integrity_is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int integrity_say_replaced(const Store *store, const char *path, bool is_there, Err *err)
{
    return err_set(err, -EBADFD,
                   "the state in %s cannot be written: %s was %s while rosterd runs; move the "
                   "files that rosterd has open back, or restart rosterd, which then goes by what "
                   "is there (where nothing is, history, pauses and approvals are lost)",
                   store->directory, path, is_there ? "replaced" : "removed");
}

/* What could not be looked at may be there as it was. */
static int integrity_say_unseen(const Store *store, const char *path, Err *err)
{
    if (errno == ENOENT || errno == ENOTDIR)
        return integrity_say_replaced(store, path, false, err);
    return err_system(err, -errno, "the state in %s cannot be written: %s", store->directory, path);
}

static int integrity_check_directory(const Store *store, Err *err)
{
    struct stat opened, there;

    if (fstat(store->lock.directory_fd, &opened) < 0)
        return err_system(err, -errno, "the state in %s cannot be written", store->directory);
    if (stat(store->directory, &there) < 0)
        return integrity_say_unseen(store, "the directory", err);
    return integrity_is_same(&opened, &there)
               ? 0
               : integrity_say_replaced(store, "the directory", true, err);
}

static int integrity_check_file(const Store *store, size_t number, Err *err)
{
    struct stat opened, there;
    const char *path;

    assert(number < OPEN_FILE_COUNT);
    path = store->files.paths[number];
    if (fstat(store->files.fds[number], &opened) < 0)
        return err_system(err, -errno, "the state in %s cannot be written", store->directory);
    if (lstat(path, &there) < 0)
        return integrity_say_unseen(store, path, err);
    return integrity_is_same(&opened, &there) ? 0 : integrity_say_replaced(store, path, true, err);
}

/* ---- the pages ---- */

int integrity_say_damaged(Store *store, const char *what, Err *err)
{
    store->is_damaged = true;
    return migrate_damaged(store, what, err);
}

/* The first bytes, out of the file: the log may hold a sound copy of a page that is destroyed. */
static int integrity_check_header(Store *store, Err *err)
{
    char header[sizeof(integrity_magic)] = "";
    sqlite3_file *file = NULL;
    int rc = sqlite3_file_control(store->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);

    if (rc == SQLITE_OK)
        rc = file->pMethods->xRead(file, header, sizeof(header), 0);
    if (rc == SQLITE_OK && memcmp(header, integrity_magic, sizeof(header)) == 0)
        return 0;
    return integrity_say_damaged(store, "its first bytes are not those of a database", err);
}

int integrity_check(Store *store, Err *err)
{
    int r = 0;

    assert(!store->is_read_only);
    if (store->is_damaged)
        return integrity_say_damaged(store, "its pages do not fit together", err);
    if (store->files.fds[0] < 0)
        return 0;
    r = integrity_check_directory(store, err);
    for (size_t i = 0; i < OPEN_FILE_COUNT && r == 0; i++)
        r = integrity_check_file(store, i, err);
    return r < 0 ? r : integrity_check_header(store, err);
}

static bool integrity_is_recorded(const Query *query, const Batch *batch, const Change *change)
{
    const char *const texts[] = {batch->pass, batch->channel_id, change_kind_text(change->kind),
                                 change->member_id, change->before ? change->before : ""};
    const char *after = sql_column_text(query, ELEMENTS(texts) + 1);

    if (sql_column_number(query, 0) != change->action)
        return false;
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        const char *column = sql_column_text(query, (int)i + 1);

        if (!column || !str_equal(column, texts[i]))
            return false;
    }
    return !after == !change->after && (!after || str_equal(after, change->after));
}

static int integrity_read_batch(Store *store, const Batch *batch, Err *err)
{
    size_t count = batch->change_count;
    _cleanup_(sql_done) Query query = {0};
    int r;

    if (count == 0)
        return 0;
    query = sql_begin(store, QUERY_ACTION_READ_BACK);
    sql_number(&query, batch->changes[0].action);
    sql_number(&query, batch->changes[count - 1].action);
    for (size_t i = 0; i < count; i++) {
        r = sql_step(&query, err);
        if (r < 0)
            return r;
        if (r == 0 || !integrity_is_recorded(&query, batch, &batch->changes[i]))
            return -EBADMSG;
    }
    return 0;
}

static int integrity_read_pass(Store *store, const char *pass, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_PASS_READ_BACK);
    int r;

    sql_text(&query, pass);
    r = sql_step(&query, err);
    return r < 0 ? r : r > 0 ? 0 : -EBADMSG;
}

/* Pauses are read from the file too: SQLite's cache would still show them if the pages were
 * destroyed. */
static int integrity_read_pauses(Store *store, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_PAUSES);
    int r;

    while ((r = sql_step(&query, err)) > 0)
        ;
    return r;
}

int integrity_read_back(Store *store, const Batch *batches, size_t count, Err *err)
{
    int r;

    assert(batches && count > 0);
    r = integrity_check(store, err);
    if (r < 0)
        return r;
    sqlite3_db_release_memory(store->db);
    r = integrity_read_pauses(store, err);
    for (size_t i = 0; i < count && r == 0; i++) {
        r = integrity_read_pass(store, batches[i].pass, err);
        if (r == 0)
            r = integrity_read_batch(store, &batches[i], err);
        if (r == 0)
            r = quarantine_read_back(store, &batches[i], err);
    }
    return r == -EBADMSG
               ? integrity_say_damaged(store, "what was recorded could not be read back", err)
               : r;
}
