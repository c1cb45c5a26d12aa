/* SPDX-License-Identifier: MIT */
/* A state with many deletions in it, made quickly. */
#pragma once

#include <inttypes.h>

#include "daemon/store/store_internal.h"
#include "tests/unit/test_store_common.h"

#define FILLED_PASS_SIZE 50 /* deletions of a pass */
#define FILLED_CHANNELS 20

/* Deletions of passes that ended, one a second up to NOW, in channels c0 to c19 ("channel-0" to
 * "channel-19") by turns. */
static inline void fill_history(Store *store, unsigned int count)
{
    char sql[2048];
    char *why = NULL;

    assert_int_equal(store_name_instance(store, KEY, "prod", NULL), 0);
    snprintf(
        sql, sizeof(sql),
        "BEGIN;"
        "WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < %u - 1)"
        "INSERT INTO pass (id, started_usec, finished_usec, result, last_action)"
        " SELECT printf('filled-%%07d', i / %d), %" PRIu64 " + (i - %u) * 1000000, 1, 'converged',"
        " i + 1 FROM n WHERE i %% %d = %d OR i = %u - 1;"
        "WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < %u - 1)"
        "INSERT INTO action (pass, instance, channel_id, channel_name, kind, member_id,"
        " identity, member, digest, mode, recorded_usec, steady_usec, outcome, attempts)"
        " SELECT printf('filled-%%07d', i / %d), (SELECT id FROM instance), 'c' || (i %% %d),"
        " 'channel-' || (i %% %d), 'delete', printf('%%032x', i), 'x', '{\"host\":\"10.1.0.9\"}',"
        " '" DIGEST_A "', 'prune', %" PRIu64 " + (i - %u) * 1000000, i + 1, 'deleted', 1 FROM n;"
        "COMMIT",
        count, FILLED_PASS_SIZE, NOW, count, FILLED_PASS_SIZE, FILLED_PASS_SIZE - 1, count, count,
        FILLED_PASS_SIZE, FILLED_CHANNELS, FILLED_CHANNELS, NOW, count);
    if (sqlite3_exec(store->db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s", why);
}
