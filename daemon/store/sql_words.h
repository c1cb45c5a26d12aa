/* SPDX-License-Identifier: MIT */
/* What several statements say in the same words, for sql_texts.c alone. */
#pragma once

/* Passes that are kept however old they are. */
#define LAST_PASSES "(SELECT id FROM pass ORDER BY last_action DESC LIMIT 20)"

/* What lapsed before ?1; of approvals that were not spent, before ?2. */
#define LAPSED_APPROVAL                                                                            \
    "given_steady_usec < ?1 AND spent_usec IS NOT NULL AND spent_steady_usec < ?1"
#define LAPSED_WAITING "given_steady_usec < ?2 AND spent_usec IS NULL"
#define LAPSED_PAUSE "until_steady_usec < ?1"

/* A sample from before that time, or above that many. */
#define OLD_SAMPLE(before, count)                                                                  \
    "(steady_usec < " before " OR id <= (SELECT max(id) FROM sample) - " count ")"

/* Whether an index of the table has the row, by the column that it begins with. */
#define HAS_ENTRY(index, table, column, rest)                                                      \
    "EXISTS (SELECT 1 FROM " table " AS entry INDEXED BY " index " WHERE entry." column            \
    " = " table "." column rest " AND entry.id = " table ".id)"

/* Actions with numbers from above ?1 to ?2, all of them old enough, that nothing needs any more. */
#define FORGETTABLE "id > ?1 AND id <= ?2 AND " DECIDED " AND pass NOT IN " LAST_PASSES

/* An addition whose channel is listed never again is not kept for ever. */
#define DECIDED "(outcome IS NOT NULL OR kind <> 'delete')"

/* The instance of a key. */
#define INSTANCE_OF(key) "(SELECT id FROM instance WHERE key = " key ")"
/* The scope of a pause: 0 is all instances, -1 none that is known. */
#define SCOPE_OF(key) "coalesce(" INSTANCE_OF(key) ", CASE WHEN " key " IS NULL THEN 0 ELSE -1 END)"

/* Rows of quarantine: of the member of the action ?1; of a channel. */
#define OF_ACTION                                                                                  \
    "(instance, channel_id, member_id) = "                                                         \
    "(SELECT instance, channel_id, member_id FROM action WHERE id = ?1)"
#define OF_CHANNEL "instance = " INSTANCE_OF("?1") " AND channel_id = ?2"

/* The channel of samples with the instance ?1 and the id ?2. */
#define SAMPLED                                                                                    \
    "(SELECT id FROM sample_channel WHERE instance = " INSTANCE_OF("?1") " AND channel_id = ?2)"

/* RECORD_ROWS rows of new actions. */
#define NEW_ACTION "(?, ?, ?, ?, ?)"
#define NEW_ACTIONS_4 NEW_ACTION ", " NEW_ACTION ", " NEW_ACTION ", " NEW_ACTION
#define NEW_ACTIONS NEW_ACTIONS_4 ", " NEW_ACTIONS_4 ", " NEW_ACTIONS_4 ", " NEW_ACTIONS_4

#define ACTION_COLUMNS                                                                             \
    "SELECT action.id, pass, instance.name, channel_id, channel_name, member_id, identity, "       \
    "member, digest, mode, recorded_usec, outcome, http, code, request_id, attempts, "             \
    "decided_usec, kind, instance.key, vanished_usec, roster_digest, roster_head, undo_of, "       \
    "steady_usec, after, coalesce(action.weight, -1), original "

/* Actions, or numbers of some, with what their rows name: looked up from them, never the other way
 * round, which would go through all actions. */
#define ACTION_TABLES(actions)                                                                     \
    actions " CROSS JOIN instance ON instance.id = action.instance "                               \
            "CROSS JOIN pass ON pass.id = pass "

#define ACTION_ROWS ACTION_COLUMNS "FROM " ACTION_TABLES("action")

/* What a history holds: of the instance ?1, of the numbers from ?2 to below ?3, recorded at ?4 or
 * later. */
#define HISTORY_BOUNDS                                                                             \
    "action.id >= ?2 AND action.id < ?3 AND recorded_usec >= ?4 "                                  \
    "AND (?1 IS NULL OR instance IN (SELECT id FROM instance WHERE name = ?1)) "

#define HISTORY_OF_PASS                                                                            \
    "pass = ?6 AND (?7 IS NULL OR channel_id = ?7 OR channel_name = ?7) AND " HISTORY_BOUNDS

/* Of a channel by its id and by its name, each in the order of the numbers already. */
#define HISTORY_FOUND(order)                                                                       \
    "SELECT id AS found FROM action WHERE channel_id = ?6 AND " HISTORY_BOUNDS                     \
    "UNION SELECT id FROM action WHERE channel_name = ?6 AND " HISTORY_BOUNDS                      \
    "ORDER BY found " order " LIMIT ?5"
#define HISTORY_OF_FOUND(order)                                                                    \
    ACTION_COLUMNS                                                                                 \
    "FROM (" HISTORY_FOUND(order) ") CROSS JOIN " ACTION_TABLES(                                   \
        "action ON action.id = found") "ORDER BY action.id " order

#define HISTORY_NEWEST "ORDER BY action.id DESC LIMIT ?5"
#define HISTORY_OLDEST "ORDER BY action.id LIMIT ?5"

/* What counts as a change that undo --last undoes, of the instance ?1. */
#define CHANGING                                                                                   \
    "undo_of IS NULL AND kind != 'enable' "                                                        \
    "AND (outcome IS NULL OR outcome IN ('deleted', 'added', 'corrected', 'disabled')) "           \
    "AND (?1 IS NULL OR instance.name = ?1) "
#define LAST_CHANGING(column) "SELECT " column " FROM " ACTION_TABLES("action") "WHERE " CHANGING
#define LAST_CHANGING_WHERE(condition)                                                             \
    "SELECT * FROM (" LAST_CHANGING("action.id") "AND " condition                                  \
                                                 " ORDER BY action.id DESC LIMIT 1)"

#define PAUSE_ROWS                                                                                 \
    "SELECT instance.key, instance.name, channel_id, channel_name, reason, set_steady_usec, "      \
    "until_steady_usec, until_usec, uid, pause.id, created_usec, host, is_local "                  \
    "FROM pause LEFT JOIN instance ON instance.id = pause.instance "

/* Notices that were not taken, the oldest of a notifier first. */
#define NOTICE_ROWS(body)                                                                          \
    "SELECT name, kind, phase, instance_name, channel_name, " body                                 \
    ", id, created_steady_usec FROM notice WHERE notifier = ?1 "
