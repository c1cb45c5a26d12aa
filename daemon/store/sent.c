/* SPDX-License-Identifier: MIT */
#include "daemon/store/sent.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/str.h"
#include "daemon/store/store_internal.h"

/* Notes are begun anew above this size. */
#define SENT_SIZE_MAX (1 << 20)
#define SENT_HEADER "sent since boot %s, action %" PRIu64 "\n"

static uint64_t sent_next_action(Store *store)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_ACTION_LAST);

    return sql_step(&query, NULL) > 0 ? sql_column_number(&query, 0) + 1 : UINT64_MAX;
}

/* Without a whole header nothing is known. */
static void sent_begin(Store *store)
{
    char header[STEADY_BOOT_SIZE + 64];
    uint64_t first = sent_next_action(store);
    int length = snprintf(header, sizeof(header), SENT_HEADER, store->steady.boot, first);

    store->sent_first = UINT64_MAX;
    store->sent_size = 0;
    if (ftruncate(store->lock.file_fd, 0) < 0 || first == UINT64_MAX ||
        pwrite(store->lock.file_fd, header, (size_t)length, 0) != length)
        return;
    store->sent_first = first;
    store->sent_size = length;
}

/* The whole file as a text, or NULL. */
static char *sent_read(const Store *store)
{
    char *text = calloc(1, SENT_SIZE_MAX + 64);
    ssize_t got = text ? pread(store->lock.file_fd, text, SENT_SIZE_MAX + 63, 0) : -1;

    if (got > 0 && text[got - 1] == '\n')
        return text;
    free(text);
    return NULL;
}

void sent_open(Store *store)
{
    _cleanup_free_ char *text = sent_read(store);
    char boot[STEADY_BOOT_SIZE] = "";
    uint64_t first;

    if (text && store->steady.boot[0] &&
        sscanf(text, "sent since boot %39[^,\n], action %" SCNu64 "\n", boot, &first) == 2 &&
        str_equal(boot, store->steady.boot)) {
        store->sent_first = first;
        store->sent_size = (int64_t)strlen(text);
        return;
    }
    sent_begin(store);
}

void store_note_sent(Store *store, uint64_t action)
{
    char line[32];
    int length = snprintf(line, sizeof(line), "%" PRIu64 "\n", action);

    assert(!store->is_read_only && action > 0);
    if (store->sent_size > SENT_SIZE_MAX)
        sent_begin(store);
    if (store->sent_first == UINT64_MAX)
        return;
    if (pwrite(store->lock.file_fd, line, (size_t)length, store->sent_size) == length) {
        store->sent_size += length;
        return;
    }
    store->sent_first = UINT64_MAX;
    (void)!ftruncate(store->lock.file_fd, 0);
}

bool sent_is_never(const Store *store, uint64_t action)
{
    _cleanup_free_ char *text = NULL;
    char line[32];

    if (action < store->sent_first)
        return false;
    text = sent_read(store);
    /* A file that somebody cut short meanwhile has lost notes. */
    if (!text || (int64_t)strlen(text) != store->sent_size)
        return false;
    snprintf(line, sizeof(line), "\n%" PRIu64 "\n", action);
    return !strstr(text, line);
}
