/* SPDX-License-Identifier: MIT */
/* The text of every statement that runs after the database is open. */
#include "daemon/store/sql.h"
#include "daemon/store/sql_words.h"

const char *const sql_texts[QUERY_COUNT] = {
    [QUERY_BEGIN] = "BEGIN IMMEDIATE",
    [QUERY_COMMIT] = "COMMIT",
    [QUERY_ROLLBACK] = "ROLLBACK",
    [QUERY_CLOCK] = "SELECT boot, boottime_usec, steady_usec, began_usec, offset_usec FROM clock",
    [QUERY_CLOCK_SET] = "INSERT OR REPLACE INTO clock (one, boot, boottime_usec, steady_usec, "
                        "began_usec, offset_usec) VALUES (1, ?, ?, ?, ?, ?)",
    [QUERY_INSTANCE] = "SELECT name FROM instance WHERE key = ?",
    [QUERY_INSTANCE_SET] = "INSERT INTO instance (key, name) VALUES (?, ?) "
                           "ON CONFLICT (key) DO UPDATE SET name = excluded.name",
    [QUERY_INSTANCE_HEARD_OF] = "INSERT INTO instance (key, name) VALUES (?1, CASE WHEN EXISTS "
                                "(SELECT 1 FROM instance WHERE name = ?2) THEN ?1 ELSE ?2 END) ON "
                                "CONFLICT (key) DO NOTHING",
    [QUERY_INSTANCE_SAME_NAME] = "SELECT id, key FROM instance WHERE name = ? AND key <> ? LIMIT 1",
    [QUERY_INSTANCE_RENAME] = "UPDATE instance SET name = ? WHERE id = ?",
    [QUERY_TAKE_OVER_ACTIONS] =
        "UPDATE action SET instance = " INSTANCE_OF("?1") " WHERE instance = ?2",
    [QUERY_TAKE_OVER_SIGHTINGS] =
        "UPDATE OR REPLACE sighting SET instance = " INSTANCE_OF("?1") " WHERE instance = ?2",
    [QUERY_TAKE_OVER_PAUSES] =
        "UPDATE pause SET instance = " INSTANCE_OF("?1") " WHERE instance = ?2",
    [QUERY_TAKEN_OVER] = "DELETE FROM instance WHERE id = ?2 AND key <> ?1",
    [QUERY_PASS_LAST] = "SELECT max(CAST(substr(id, length(?1) + 2) AS INTEGER)) FROM pass "
                        "WHERE id > ?1 || '-' AND id < ?1 || '.'",
    [QUERY_PASS_INSERT] =
        "INSERT INTO pass (id, started_usec, roster_digest, roster_head, undo_of) "
        "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    [QUERY_PASS_NOTE_LAST] = "UPDATE pass SET last_action = ? WHERE id = ?",
    [QUERY_PASS_END] = "UPDATE pass SET result = ?, finished_usec = ? WHERE id = ?",
    [QUERY_ACTIONS_INSERT] =
        "INSERT INTO action (pass, instance, channel_id, channel_name, digest, mode, "
        "recorded_usec, steady_usec, kind, member_id, identity, member, after, original) "
        "SELECT ?1, " INSTANCE_OF(
            "?2") ", ?3, ?4, ?5, ?6, ?7, ?8, column1, column2, column3, column4, column5, "
                  "CASE WHEN column1 = 'delete' THEN (SELECT original FROM quarantine WHERE "
                  "instance = " INSTANCE_OF(
                      "?2") " AND channel_id = ?3 AND member_id = column2) END "
                            "FROM (VALUES " NEW_ACTIONS ") WHERE column1 IS NOT NULL",
    [QUERY_ACTION_READ_BACK] = "SELECT id, pass, channel_id, kind, member_id, member, after "
                               "FROM action WHERE id BETWEEN ? AND ? ORDER BY id",
    [QUERY_PASS_READ_BACK] = "SELECT 1 FROM pass WHERE id = ?",
    [QUERY_ACTION_VANISHED] = "UPDATE action SET vanished_usec = ? WHERE id = ?",
    [QUERY_ACTION_DECIDE] =
        "UPDATE action SET outcome = ?, http = ?, code = ?, request_id = ?, attempts = ?, "
        "decided_usec = ?, member_id = coalesce(?8, member_id), "
        "weight = CASE WHEN ?9 >= 0 THEN ?9 ELSE weight END "
        "WHERE id = ?7 AND (outcome IS NULL OR outcome = 'failed' AND ?1 = 'gone')",
    [QUERY_ACTION_UNDECIDED] =
        ACTION_ROWS "WHERE kind = 'delete' AND outcome IS NULL ORDER BY action.id",
    [QUERY_ACTION_UNDECIDED_OF_CHANNEL] =
        ACTION_ROWS "WHERE kind = 'delete' AND outcome IS NULL AND action.instance = " INSTANCE_OF(
            "?1") " AND channel_id = ?2 ORDER BY action.id",
    [QUERY_ADDITIONS_UNDECIDED] =
        ACTION_ROWS "WHERE kind <> 'delete' AND outcome IS NULL AND action.instance = " INSTANCE_OF(
            "?1") " AND channel_id = ?2 ORDER BY action.id",
    [QUERY_ADDED_LATER] =
        "SELECT 1 FROM action JOIN action AS earlier ON earlier.id = ? "
        "WHERE action.id > earlier.id AND action.kind = earlier.kind "
        "AND action.instance = earlier.instance AND action.channel_id = earlier.channel_id "
        "AND action.identity = earlier.identity LIMIT 1",
    [QUERY_ACTION_IN_DOUBT] = "SELECT 1 FROM action WHERE outcome IS NULL LIMIT 1",
    [QUERY_ACTION_LAST] = "SELECT coalesce(max(id), 0) FROM action",
    [QUERY_CHANNELS_IN_DOUBT] = "SELECT DISTINCT channel_id FROM action WHERE outcome IS NULL "
                                "AND instance = " INSTANCE_OF("?1"),
    [QUERY_ACTIONS_ADDED] = ACTION_ROWS
    "WHERE kind = 'add' AND undo_of IS NOT NULL AND outcome = 'added' AND vanished_usec IS NULL "
    "AND action.instance = " INSTANCE_OF("?1") " AND channel_id = ?2 "
                                               "AND NOT EXISTS (SELECT 1 FROM action AS later "
                                               "WHERE later.instance = action.instance "
                                               "AND later.channel_id = action.channel_id "
                                               "AND later.member_id = action.member_id "
                                               "AND later.id > action.id) ORDER BY action.id",
    [QUERY_HISTORY_FIRST] = "SELECT coalesce(min(+id), 9223372036854775807) FROM action "
                            "INDEXED BY action_time WHERE recorded_usec >= ?",
    [QUERY_HISTORY] = ACTION_ROWS "WHERE " HISTORY_BOUNDS HISTORY_NEWEST,
    [QUERY_HISTORY_OF_PASS] = ACTION_ROWS "WHERE " HISTORY_OF_PASS HISTORY_NEWEST,
    [QUERY_HISTORY_OF_CHANNEL] = HISTORY_OF_FOUND("DESC"),
    [QUERY_HISTORY_PAGE] = ACTION_ROWS "WHERE " HISTORY_BOUNDS HISTORY_OLDEST,
    [QUERY_HISTORY_PAGE_OF_PASS] = ACTION_ROWS "WHERE " HISTORY_OF_PASS HISTORY_OLDEST,
    [QUERY_HISTORY_PAGE_OF_CHANNEL] = HISTORY_OF_FOUND("ASC"),
    [QUERY_HISTORY_START] =
        "SELECT min(id) FROM (SELECT id FROM action WHERE " HISTORY_BOUNDS HISTORY_NEWEST ")",
    [QUERY_HISTORY_START_OF_PASS] =
        "SELECT min(id) FROM (SELECT id FROM action WHERE " HISTORY_OF_PASS HISTORY_NEWEST ")",
    [QUERY_HISTORY_START_OF_CHANNEL] = "SELECT min(found) FROM (" HISTORY_FOUND("DESC") ")",
    [QUERY_HISTORY_SPAN] = "SELECT (SELECT min(id) FROM action WHERE id > ?1), "
                           "(SELECT max(id) FROM action WHERE id < ?2)",
    [QUERY_NEWEST] = "SELECT id, recorded_usec, kind, outcome FROM action ORDER BY id DESC LIMIT ?",
    [QUERY_NEWEST_TROUBLES] =
        "SELECT time_usec, result FROM (SELECT channel, steady_usec, time_usec, result FROM sample "
        "ORDER BY id DESC LIMIT ?2) AS new WHERE time_usec >= ?1 "
        "AND result IN ('held', 'failed', 'unmanageable') "
        "AND result IS NOT (SELECT result FROM sample AS before WHERE before.channel = new.channel "
        "AND before.steady_usec < new.steady_usec ORDER BY before.steady_usec DESC LIMIT 1)",
    [QUERY_LAST_CHANGING] = LAST_CHANGING("pass") "ORDER BY action.id DESC LIMIT 1",
    [QUERY_LAST_CHANGING_OF_CHANNEL] =
        "SELECT pass FROM action WHERE id = (SELECT max(id) FROM (" LAST_CHANGING_WHERE(
            "channel_id = ?2") " UNION ALL " LAST_CHANGING_WHERE("channel_name = ?2") "))",
    [QUERY_PRUNE_REACH] = "SELECT id, steady_usec < ? FROM action WHERE id > ? ORDER BY id LIMIT ?",
    [QUERY_PRUNABLE] = "SELECT count(*), max(recorded_usec) FROM action WHERE " FORGETTABLE,
    [QUERY_PRUNE_ACTIONS] = "DELETE FROM action WHERE " FORGETTABLE,
    [QUERY_PRUNE_PASSES] = "DELETE FROM pass WHERE last_action <= ? "
                           "AND NOT EXISTS (SELECT 1 FROM action WHERE action.pass = pass.id)",
    [QUERY_PRUNE_OTHERS] =
        "SELECT EXISTS (SELECT 1 FROM approval WHERE " LAPSED_APPROVAL ") "
        "OR EXISTS (SELECT 1 FROM approval WHERE " LAPSED_WAITING ") "
        "OR EXISTS (SELECT 1 FROM pause WHERE " LAPSED_PAUSE ") "
        "OR EXISTS (SELECT 1 FROM (SELECT id, steady_usec FROM sample ORDER BY id LIMIT 1) "
        "WHERE " OLD_SAMPLE("?3", "?4") ")",
    [QUERY_PRUNE_APPROVALS] = "DELETE FROM approval WHERE " LAPSED_APPROVAL " OR " LAPSED_WAITING,
    [QUERY_PRUNE_PAUSES] = "DELETE FROM pause WHERE " LAPSED_PAUSE,
    [QUERY_INSPECT_ACTIONS] =
        "SELECT id, " HAS_ENTRY("action_pass", "action", "pass", "") " AND " HAS_ENTRY(
            "action_channel", "action", "channel_id",
            "") " AND " HAS_ENTRY("action_name", "action", "channel_name",
                                  "") " AND " HAS_ENTRY("action_time", "action", "recorded_usec",
                                                        "") " AND EXISTS (SELECT 1 FROM pass WHERE "
                                                            "pass.id = action.pass), "
                                                            "length(member), length(after), "
                                                            "length(original) FROM action "
                                                            "WHERE id > ? ORDER BY id LIMIT ?",
    [QUERY_INSPECT_SAMPLES] = "SELECT id, " HAS_ENTRY(
        "sample_of_channel", "sample", "channel",
        " AND entry.steady_usec = sample.steady_usec") " FROM sample "
                                                       "WHERE id > ? ORDER BY id LIMIT ?",
    [QUERY_FREE_PAGES] = "PRAGMA freelist_count",
    [QUERY_GIVE_BACK] = "PRAGMA incremental_vacuum(256)",
    [QUERY_ACTION_RECENT] =
        "SELECT identity, recorded_usec, steady_usec, kind, undo_of IS NULL AND (outcome IS NULL "
        "OR outcome IN ('deleted', 'added', 'corrected', 'disabled', 'enabled')) "
        "FROM action CROSS JOIN pass ON pass.id = pass "
        "WHERE instance = " INSTANCE_OF("?") " AND channel_id = ? ORDER BY action.id DESC",
    [QUERY_CHANGES_ELSEWHERE] =
        "SELECT identity, recorded_usec, steady_usec, kind, 1 FROM change_elsewhere "
        "WHERE instance = " INSTANCE_OF("?") " AND channel_id = ? "
                                             "ORDER BY steady_usec DESC",
    [QUERY_CHANGE_ELSEWHERE_ADD] =
        "INSERT INTO change_elsewhere (instance, channel_id, kind, identity, recorded_usec, "
        "steady_usec) VALUES (" INSTANCE_OF("?") ", ?, ?, ?, ?, ?)",
    [QUERY_CHANGES_ELSEWHERE_FORGET] =
        "DELETE FROM change_elsewhere WHERE instance = " INSTANCE_OF("?"),
    [QUERY_SIGHTINGS_OF_INSTANCE] =
        "SELECT channel_id, member_id, count FROM sighting "
        "WHERE instance = " INSTANCE_OF("?") " ORDER BY channel_id, member_id",
    [QUERY_SIGHTINGS_FORGET] = "DELETE FROM sighting WHERE instance = " INSTANCE_OF("?"),
    [QUERY_SIGHTINGS] = "SELECT member_id, count FROM sighting WHERE instance = " INSTANCE_OF(
        "?") " AND channel_id = ?",
    [QUERY_SIGHTINGS_DELETE] =
        "DELETE FROM sighting WHERE instance = " INSTANCE_OF("?") " AND channel_id = ?",
    [QUERY_SIGHTING_INSERT] = "INSERT INTO sighting (instance, channel_id, member_id, count) "
                              "VALUES (" INSTANCE_OF("?") ", ?, ?, ?)",
    [QUERY_PAUSE] = "SELECT reason, set_steady_usec, until_steady_usec, until_usec, "
                    "instance = 0, channel_id IS NULL AND channel_name IS NULL FROM pause "
                    "WHERE instance = 0 OR instance = " INSTANCE_OF(
                        "?1") " AND (channel_id IS NULL AND channel_name IS NULL "
                              "OR channel_id = ?2 OR channel_name = ?3) "
                              "ORDER BY until_usec IS NOT NULL, until_steady_usec DESC, id",
    [QUERY_PAUSES] = PAUSE_ROWS "ORDER BY until_usec IS NOT NULL, until_steady_usec DESC, pause.id",
    [QUERY_PAUSE_SAME] = PAUSE_ROWS "WHERE pause.instance = " SCOPE_OF(
        "?1") " AND CASE WHEN ?2 IS NULL AND ?3 IS NULL "
              "THEN channel_id IS NULL AND channel_name IS NULL "
              "ELSE channel_id = ?2 OR channel_name = ?3 AND (channel_id IS NULL OR ?2 IS "
              "NULL) "
              "END LIMIT 1",
    [QUERY_PAUSE_ADD] = "INSERT INTO pause (instance, channel_id, channel_name, reason, "
                        "created_usec, until_usec, set_steady_usec, until_steady_usec, uid, host, "
                        "is_local) VALUES (" SCOPE_OF("?1") ", ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [QUERY_PAUSES_ADOPT] = "UPDATE pause SET is_local = 1, host = ? WHERE host IS NULL",
    [QUERY_PAUSE_SHARED] = "UPDATE pause SET is_local = 0 WHERE id = ? AND is_local",
    [QUERY_PAUSE_REMOVE] = "DELETE FROM pause WHERE id = ?",
    [QUERY_PAUSE_END] = "DELETE FROM pause WHERE instance = " SCOPE_OF(
        "?1") " AND CASE "
              "WHEN ?2 IS NULL AND ?3 IS NULL THEN channel_id IS NULL AND channel_name IS NULL "
              "ELSE channel_id = ?2 OR channel_name = ?3 END",
    [QUERY_PAUSE_NEW_BOOT] = "UPDATE pause SET set_steady_usec = ?2, until_steady_usec = "
                             "min(until_steady_usec, ?2 + until_usec - ?1) "
                             "WHERE until_usec > ?1 AND set_steady_usec < ?3",
    [QUERY_PAUSE_FOLLOW] =
        "UPDATE pause SET until_usec = ?1 + until_steady_usec - ?2 WHERE until_usec IS NOT NULL "
        "AND set_steady_usec >= ?3 AND until_steady_usec > ?2",
    [QUERY_APPROVED] = "SELECT given_usec, given_steady_usec, opens_window FROM approval "
                       "WHERE digest = ? AND spent_usec IS NULL",
    [QUERY_APPROVAL_SPENT] = "SELECT spent_usec, spent_steady_usec FROM approval "
                             "WHERE digest = ? AND spent_usec IS NOT NULL",
    [QUERY_APPROVAL_GIVE] = "INSERT OR REPLACE INTO approval (digest, given_usec, "
                            "given_steady_usec) VALUES (?, ?, ?)",
    [QUERY_APPROVAL_SHARED] = "UPDATE approval SET shared_of = ? WHERE digest = ?",
    [QUERY_APPROVAL_PARENT] =
        "SELECT shared_of FROM approval WHERE digest = ? AND shared_of IS NOT NULL",
    [QUERY_APPROVALS_WAITING] = "SELECT digest, given_usec, opens_window, spent_usec IS NOT NULL, "
                                "shared_of IS NOT NULL FROM approval",
    [QUERY_APPROVAL_WITHDRAW] = "DELETE FROM approval WHERE digest = ? AND spent_usec IS NULL",
    [QUERY_APPROVAL_NOW] =
        "UPDATE approval SET opens_window = 1 WHERE digest = ? AND spent_usec IS NULL",
    [QUERY_APPROVAL_SPEND] = "UPDATE approval SET spent_usec = ?, spent_steady_usec = ? "
                             "WHERE digest = ? AND spent_usec IS NULL",
    [QUERY_QUARANTINE_ANY] = "SELECT 1 FROM quarantine LIMIT 1",
    [QUERY_QUARANTINE_PUT] =
        "INSERT OR REPLACE INTO quarantine (instance, channel_id, channel_name, member_id, "
        "identity, original, action, is_open, span_usec, passed_usec, base_usec, base_steady_usec) "
        "VALUES (" INSTANCE_OF("?1") ", ?2, ?3, ?4, ?5, ?6, ?7, ?7 IS NOT NULL, ?8, 0, ?9, ?10)",
    [QUERY_QUARANTINE_BEGIN] = "UPDATE quarantine SET is_open = 0, base_usec = ?2, "
                               "base_steady_usec = ?3 WHERE action = ?1 AND " OF_ACTION,
    [QUERY_QUARANTINE_DROP] = "DELETE FROM quarantine WHERE " OF_ACTION,
    [QUERY_QUARANTINE_DROP_OPEN] = "DELETE FROM quarantine WHERE action = ?1 AND " OF_ACTION,
    [QUERY_QUARANTINE_REMOVE] = "DELETE FROM quarantine WHERE " OF_CHANNEL " AND member_id = ?3",
    [QUERY_QUARANTINE_LENGTHEN] =
        "UPDATE quarantine SET span_usec = ?3 WHERE " OF_CHANNEL " AND span_usec < ?3",
    [QUERY_QUARANTINE_OF_CHANNEL] =
        "SELECT member_id, action IS NOT NULL, is_open, span_usec, passed_usec, base_steady_usec "
        "FROM quarantine WHERE " OF_CHANNEL,
    [QUERY_QUARANTINE_OF_INSTANCE] =
        "SELECT is_open, span_usec, passed_usec, base_steady_usec FROM quarantine "
        "WHERE instance = " INSTANCE_OF("?1"),
    [QUERY_QUARANTINE_CARRIED] =
        "SELECT channel_id, channel_name, member_id, identity, original, action IS NOT NULL, "
        "is_open, span_usec, passed_usec, base_steady_usec FROM quarantine "
        "WHERE instance = " INSTANCE_OF("?") " ORDER BY channel_id, member_id",
    [QUERY_QUARANTINE_TAKE] =
        "INSERT INTO quarantine (instance, channel_id, channel_name, member_id, identity, "
        "original, "
        "action, is_open, span_usec, passed_usec, base_usec, base_steady_usec) "
        "VALUES (" INSTANCE_OF(
            "?1") ", ?2, ?3, ?4, ?5, ?6, CASE WHEN ?7 THEN 0 END, 0, ?8, ?9, "
                  "?10, ?11) ON CONFLICT (instance, channel_id, member_id) DO UPDATE SET "
                  "action = coalesce(action, excluded.action), "
                  "identity = coalesce(nullif(identity, x''), excluded.identity), "
                  "original = coalesce(original, excluded.original), "
                  "span_usec = max(span_usec, excluded.span_usec), "
                  "passed_usec = min(excluded.passed_usec, "
                  "passed_usec + max(excluded.base_steady_usec - base_steady_usec, 0)), "
                  "base_usec = excluded.base_usec, base_steady_usec = excluded.base_steady_usec",
    [QUERY_QUARANTINE_OURS] =
        "SELECT instance.key, instance.name, channel_id, channel_name, member_id, identity, "
        "is_told "
        "FROM quarantine JOIN instance ON instance.id = quarantine.instance "
        "WHERE action IS NOT NULL ORDER BY instance.name, channel_name, channel_id, identity",
    [QUERY_QUARANTINE_TOLD] =
        "UPDATE quarantine SET is_told = ?3 WHERE " OF_CHANNEL " AND is_told <> ?3",
    [QUERY_QUARANTINE_READ_BACK] =
        "SELECT count(*) FROM quarantine WHERE is_open AND action BETWEEN ? AND ?",
    [QUERY_QUARANTINE_NEW_BOOT] =
        "UPDATE quarantine SET passed_usec = passed_usec + "
        "max(?1 - base_usec, ?2 - base_steady_usec, 0), base_usec = ?1, base_steady_usec = ?2 "
        "WHERE base_steady_usec < ?3",
    [QUERY_QUARANTINE_FOLLOW] = "UPDATE quarantine SET base_usec = ?1 - (?2 - base_steady_usec) "
                                "WHERE base_steady_usec >= ?3",
    [QUERY_LOCKOUT] = "SELECT mark, until_usec, refused_usec, http, code, request_id, text, "
                      "set_steady_usec, until_steady_usec FROM refusal WHERE subject = ?",
    [QUERY_LOCKOUT_SET] = "INSERT OR REPLACE INTO refusal (subject, mark, until_usec, "
                          "refused_usec, http, code, request_id, text, set_steady_usec, "
                          "until_steady_usec) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [QUERY_SAMPLE_LAST] = "SELECT steady_usec, result, live, desired, extra, missing, changed, "
                          "ignored, quarantined FROM sample WHERE channel = " SAMPLED
                          " ORDER BY steady_usec DESC LIMIT 1",
    [QUERY_SAMPLE_CHANNEL] =
        "INSERT INTO sample_channel (instance, channel_id, name) "
        "VALUES (" INSTANCE_OF(
            "?1") ", ?2, ?3) ON CONFLICT (instance, channel_id) DO UPDATE "
                  "SET name = excluded.name WHERE excluded.name NOT IN ('', name)",
    [QUERY_SAMPLE_ADD] = "INSERT INTO sample (channel, steady_usec, time_usec, result, desired, "
                         "live, extra, missing, changed, ignored, quarantined) "
                         "VALUES (" SAMPLED ", ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [QUERY_SAMPLES] =
        "SELECT instance.key, instance.name, channel_id, sample_channel.name, time_usec, result, "
        "live, desired, extra, missing, changed, ignored, quarantined FROM sample_channel "
        "CROSS JOIN instance ON instance.id = sample_channel.instance "
        "CROSS JOIN sample ON sample.channel = sample_channel.id "
        "AND sample.steady_usec >= coalesce((SELECT max(steady_usec) FROM sample AS held "
        "WHERE held.channel = sample_channel.id AND held.steady_usec <= ?3), 0) "
        "WHERE (?1 IS NULL OR instance.name = ?1) "
        "AND (?2 IS NULL OR channel_id = ?2 OR sample_channel.name = ?2) "
        "ORDER BY sample.id DESC LIMIT ?4",
    [QUERY_SAMPLES_PRUNE] =
        "DELETE FROM sample WHERE id IN (SELECT id FROM sample ORDER BY id LIMIT ?3) "
        "AND " OLD_SAMPLE("?1", "?2"),
    [QUERY_SAMPLES_PRUNE_CHANNELS] = "DELETE FROM sample_channel WHERE NOT EXISTS "
                                     "(SELECT 1 FROM sample WHERE channel = sample_channel.id)",
    [QUERY_CONDITIONS] = "SELECT kind, instance, channel, instance_name, channel_name, since_usec, "
                         "is_open, passes, told_steady_usec FROM condition WHERE notifier = ?1 "
                         "AND (?2 IS NULL OR instance = ?2)",
    [QUERY_CONDITION_PUT] =
        "INSERT OR REPLACE INTO condition (notifier, kind, instance, channel, instance_name, "
        "channel_name, since_usec, is_open, passes, told_steady_usec) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [QUERY_CONDITION_DROP] = "DELETE FROM condition WHERE notifier = ? AND kind = ? "
                             "AND instance = ? AND channel = ?",
    [QUERY_CONDITIONS_OF_INSTANCE] =
        "SELECT notifier, kind, channel, channel_name, since_usec, is_open, passes, "
        "told_steady_usec FROM condition WHERE instance = ? ORDER BY notifier, channel, kind",
    [QUERY_CONDITIONS_FORGET] = "DELETE FROM condition WHERE instance = ?",
    [QUERY_OWNER_LAST] =
        "SELECT id, host, until_usec IS NULL FROM owner WHERE instance = " INSTANCE_OF(
            "?") " ORDER BY id DESC LIMIT 1",
    [QUERY_OWNER_END] = "UPDATE owner SET until_usec = ? WHERE id = ?",
    [QUERY_OWNER_ADD] =
        "INSERT INTO owner (instance, host, from_usec) VALUES (" INSTANCE_OF("?") ", ?, ?)",
    [QUERY_OWNERS_TRIM] = "DELETE FROM owner WHERE instance = " INSTANCE_OF(
        "?1") " AND id <= (SELECT id FROM owner "
              "WHERE instance = " INSTANCE_OF("?1") " ORDER BY id DESC LIMIT 1 OFFSET ?2)",
    [QUERY_OWNERS] =
        "SELECT instance.key, instance.name, host, from_usec, until_usec FROM owner "
        "JOIN instance ON instance.id = owner.instance WHERE (?1 IS NULL OR instance.name = ?1) "
        "AND (until_usec IS NULL OR until_usec >= ?2) AND host <> ?3 ORDER BY owner.id",
    [QUERY_NOTICE_ADD] = "INSERT INTO notice (notifier, name, created_steady_usec, kind, phase, "
                         "instance_name, channel_name, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    [QUERY_NOTICE_FIRST] = NOTICE_ROWS("body") "ORDER BY id LIMIT 1",
    [QUERY_NOTICE_COUNT] =
        "SELECT count(*) FROM notice WHERE notifier = ? AND created_steady_usec <= ?",
    [QUERY_NOTICES] = NOTICE_ROWS("NULL") "AND created_steady_usec <= ?2 ORDER BY id",
    [QUERY_NOTICES_TRIM] =
        "DELETE FROM notice WHERE notifier = ?1 AND id <= (SELECT id FROM notice "
        "WHERE notifier = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
    [QUERY_NOTICE_BECOME] =
        "UPDATE notice SET name = ?2, kind = ?3, phase = ?4, body = ?5, instance_name = '', "
        "channel_name = '' WHERE id = ?1",
    [QUERY_NOTICE_REMOVE] = "DELETE FROM notice WHERE id = ?",
    [QUERY_NOTICES_REMOVE_UNTIL] =
        "DELETE FROM notice WHERE notifier = ?1 AND created_steady_usec <= ?2 "
        "AND id > (SELECT min(id) FROM notice WHERE notifier = ?1)",
    [QUERY_NOTIFIERS] = "SELECT notifier FROM condition UNION SELECT notifier FROM notice",
    [QUERY_NOTIFIER_CONDITIONS_DROP] = "DELETE FROM condition WHERE notifier = ?",
    [QUERY_NOTIFIER_NOTICES_DROP] = "DELETE FROM notice WHERE notifier = ?",
};
