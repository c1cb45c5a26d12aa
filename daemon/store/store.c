/* SPDX-License-Identifier: MIT */
#include "daemon/store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/file.h"
#include "daemon/store/clean_end.h"
#include "daemon/store/database.h"
#include "daemon/store/integrity.h"
#include "daemon/store/lock.h"
#include "daemon/store/migrate.h"
#include "daemon/store/pass.h"
#include "daemon/store/quarantine_internal.h"
#include "daemon/store/reading.h"
#include "daemon/store/sent.h"
#include "daemon/store/steady.h"
#include "daemon/store/store_internal.h"

static Store *store_new(const char *state_dir)
{
    Store *store = calloc(1, sizeof(*store));
    Buf path = {0};

    assert(state_dir);
    if (!store)
        return NULL;
    buf_printf(&path, "%s/rosterd.db", state_dir);
    store->lock = LOCK_NONE;
    store->files = OPEN_FILES_NONE;
    store->sent_first = UINT64_MAX;
    store->guard_fd = -1;
    store->index_fd = -1;
    store->directory = strdup(state_dir);
    store->path = buf_take(&path);
    if (store->directory && store->path)
        return store;
    store_free(store);
    return NULL;
}

/* A state that cannot be flushed, or whose files are not those that were opened, did not end well.
 */
static void store_close(Store *store)
{
    bool is_whole = store->is_whole && store->db;

    if (store->db && store_flush(store, NULL) < 0)
        is_whole = false;
    if (is_whole && integrity_check(store, NULL) < 0)
        is_whole = false;
    if (database_close(store) && is_whole)
        clean_end_tell(store, store->files.paths[OPEN_FILE_DATABASE]);
}

void store_free(Store *store)
{
    if (!store)
        return;
    store_close(store);
    integrity_done(&store->files);
    pending_done(&store->pending);
    free(store->passes);
    free(store->approvals);
    free(store->directory);
    free(store->path);
    file_closep(&store->guard_fd);
    file_closep(&store->index_fd);
    lock_release(&store->lock);
    free(store);
}

/* Makes an empty file for nobody else to read; SQLite gives the log and its index the same mode. */
static int store_make_file(Store *store, Err *err)
{
    int fd = open(store->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd >= 0)
        close(fd);
    else if (errno != EEXIST)
        return err_system(err, -errno, "the state in %s cannot be written", store->directory);
    return 0;
}

/* Nothing in the database is changed before all checks have passed. It is read page by page where
 * the last rosterd did not close it well, or somebody else has had it since. */
static int store_check_database(Store *store, int *ret_version, Err *err)
{
    bool has_ended_well = clean_end_is_told(store);
    int r = migrate_check(store, ret_version, err);

    if (r == 0 && !has_ended_well)
        r = migrate_check_pages(store, err);
    if (r == 0 && sqlite3_db_readonly(store->db, "main") != 0)
        r = sql_error(store, SQLITE_READONLY, "written", err);
    if (r == 0 && !(has_ended_well && migrate_is_current(*ret_version)))
        r = clean_end_revoke(store, err);
    return r;
}

static int store_load(Store *store, Err *err)
{
    int r = database_prepare(store, err);

    if (r == 0)
        r = steady_load(store, err);
    store->has_in_doubt = true;
    if (r == 0)
        r = pass_look_in_doubt(store, err);
    if (r == 0)
        r = quarantine_open(store, err);
    return r;
}

static int store_open_database(Store *store, Err *err)
{
    StoreSource source;
    int version, r = reading_look(store, &source, err);

    if (r == 0)
        r = store_make_file(store, err);
    if (r == 0)
        r = database_open(store, store->path, SQLITE_OPEN_READWRITE, err);
    if (r == 0)
        r = store_check_database(store, &version, err);
    if (r == 0)
        r = database_set_up(store, version == 0, err);
    if (r == 0)
        r = migrate_migrate(store, version, err);
    if (r == 0 && !migrate_is_current(version))
        database_learn_to_shrink(store);
    return r == 0 ? store_load(store, err) : r;
}

int store_open(const char *state_dir, Store **ret_store, Err *err)
{
    _cleanup_(store_freep) Store *store = store_new(state_dir);
    int r;

    if (!store)
        return err_memory(err);
    r = lock_take(state_dir, &store->lock, err);
    if (r == 0)
        r = store_open_database(store, err);
    if (r == 0)
        r = integrity_hold(store, err);
    if (r < 0)
        return r;
    sent_open(store);
    store->is_whole = true;
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    *ret_store = TAKE_PTR(store);
    return 0;
}

int store_open_read_only(const char *state_dir, Store **ret_store, Err *err)
{
    _cleanup_(store_freep) Store *store = store_new(state_dir);
    int r;

    if (!store)
        return err_memory(err);
    store->is_read_only = true;
    r = reading_refresh(store, err);
    if (r < 0)
        return r;
    *ret_store = TAKE_PTR(store);
    return 0;
}

int store_check(Store *store, Err *err)
{
    return store->is_read_only ? 0 : integrity_check(store, err);
}
