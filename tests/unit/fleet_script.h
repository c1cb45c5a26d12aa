/* SPDX-License-Identifier: MIT */
/* A host of a fleet before an etcd of which the test says each answer; what the host is told of its
 * instances stands among what etcd is asked. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/fleet/fleet_internal.h"
#include "tests/unit/etcd_script.h"
#include "tests/unit/log_case.h"

#define HANDOVER_USEC (USEC_PER_HOUR + 30 * USEC_PER_SEC)

/* Of the instance "one": as its keys name it. */
#define HASH "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"

typedef struct ScriptedHost {
    EtcdScript *script;
    FleetSettings settings;
    Config config;
    RosterSet set;
    Fleet *fleet;
    bool is_busy;
    LogCase log;
    PeerConnection *watching;
} ScriptedHost;

static ScriptedHost scripted;

/* ---- what it is told ---- */

static inline void on_begin(void *userdata, const char *key, const FleetCarry *carry)
{
    EtcdScript *script = userdata;

    etcd_script_say(script, "begin %s: '%s' of '%s' by '%.4s', %s", key, carry->json, carry->host,
                    carry->set_digest, carry->is_handed_over ? "handed over" : "not handed over");
    for (size_t i = 0; i < carry->intent_count; i++)
        etcd_script_say(script, "intent at %llu of %s: %s",
                        (unsigned long long)carry->intents[i].realtime_usec,
                        carry->intents[i].channel_id, carry->intents[i].json);
}

static inline void on_stop(void *userdata, const char *key, const char *why)
{
    etcd_script_say(userdata, "stop %s: %s", key, why);
}

static inline void on_drop(void *userdata, const char *key, const char *why)
{
    etcd_script_say(userdata, "drop %s: %s", key, why);
}

static inline bool is_quiet(void *userdata, const char *key)
{
    (void)userdata;
    (void)key;
    return !scripted.is_busy;
}

static inline void on_key(void *userdata, const char *name, const EtcdKey *key)
{
    etcd_script_say(userdata, "%s is %s", name, key ? key->value : "gone");
}

static inline void on_change(void *userdata)
{
    etcd_script_say(userdata, "changed");
}

/* ---- its life ---- */

static inline void host_set_instances(size_t count)
{
    static const char *const keys[] = {"one", "two", "three"};
    static const char *const names[] = {"prod", "test", "third"};

    assert_int_equal(fleet_set_instances(scripted.fleet, keys, names, count, &scripted.set), 0);
}

static inline int host_setup(void **state)
{
    static const FleetOps ops = {on_begin, on_stop, on_drop, is_quiet, on_key, on_change};
    EtcdScript *script;
    Err err = {0};

    etcd_script_setup(state);
    script = *state;
    scripted = (ScriptedHost){.script = script};
    scripted.settings = (FleetSettings){.endpoints = script->endpoints,
                                        .endpoint_count = 1,
                                        .prefix = "/p/",
                                        .host = "admin-a",
                                        .lease_usec = USEC_PER_MINUTE,
                                        .handover_usec = HANDOVER_USEC,
                                        .max_instances = 2};
    scripted.config = (Config){.directory = "/", .fleet = &scripted.settings};
    memset(scripted.set.digest, 'a', DIGEST_WHOLE);
    if (fleet_new(script->event, &scripted.config, &scripted.fleet, &err) < 0)
        fail_msg("%s", err.text);
    fleet_set_user(scripted.fleet, &ops, script);
    log_case_begin(&scripted.log, LOG_LEVEL_INFO);
    return 0;
}

static inline int host_teardown(void **state)
{
    log_case_end(&scripted.log);
    fleet_free(scripted.fleet);
    return etcd_script_teardown(state);
}

/* The messages of the log since the last look, a line each. */
static inline void expect_log(const char *lines)
{
    static const char begins[] = "\"message\":\"";
    _cleanup_(buf_done) Buf all = {0}, said = {0}, named = {0};
    char *line, *rest;

    log_case_read(&scripted.log, &all);
    rest = all.data;
    while (rest && (line = strsep(&rest, "\n")) != NULL && *line) {
        const char *text = strstr(line, begins);

        assert_non_null(text);
        text += strlen(begins);
        buf_printf(&said, "%.*s\n", (int)strcspn(text, "\""), text);
    }
    etcd_script_name(scripted.script, buf_text(&said), &named);
    assert_string_equal(buf_text(&named), lines);
}

/* ---- what etcd answers ---- */

/* A key that was found; `name` NULL: none was; `value` NULL: it was deleted. */
typedef struct Found {
    const char *name, *value;
    uint64_t created;
    int64_t lease;
    bool has_more;  /* behind it there are others */
    bool is_beside; /* found with the one before */
} Found;

static inline void put_found(Buf *body, const Found *found)
{
    _cleanup_(buf_done) Buf key = {0}, name = {0};

    buf_printf(&name, "/p/%s", found->name);
    etcd_script_key(&key, buf_text(&name), found->value, found->created, found->created,
                    found->lease);
    buf_puts(body, buf_text(&key));
}

/* Answers the transaction that was asked for first; each of `found` is a response, but where it is
 * beside another. */
static inline void answer_txn(bool succeeded, uint64_t revision, const Found *found, size_t count)
{
    _cleanup_(buf_done) Buf body = {0};

    buf_printf(&body, "{\"header\":{\"revision\":\"%llu\"},\"succeeded\":%s,\"responses\":[",
               (unsigned long long)revision, succeeded ? "true" : "false");
    for (size_t i = 0; i < count; i++) {
        bool goes_on = i + 1 < count && found[i + 1].is_beside;

        if (!found[i].is_beside)
            buf_printf(&body, "%s{\"response_range\":{\"kvs\":[", i > 0 ? "," : "");
        if (found[i].name) {
            buf_puts(&body, found[i].is_beside ? "," : "");
            put_found(&body, &found[i]);
        }
        if (!goes_on)
            buf_printf(&body, "],\"more\":%s}}", found[i].has_more ? "true" : "false");
    }
    buf_puts(&body, "]}");
    etcd_script_answer_to(scripted.script, "kv/txn", 200, buf_text(&body));
}

static inline void answer_lease(const char *path, const char *ttl)
{
    char body[160];

    if (strcmp(path, "lease/grant") == 0)
        snprintf(body, sizeof(body), "{\"ID\":\"77\",\"TTL\":\"%s\"}", ttl);
    else
        snprintf(body, sizeof(body),
                 "{\"result\":{\"header\":{\"revision\":\"5\"},\"ID\":\"77\",\"TTL\":\"%s\"}}",
                 ttl);
    etcd_script_answer_to(scripted.script, path, 200, body);
}

#define LIST                                                                                       \
    "kv/range {\"key\":\"/p/\",\"range_end\":\"/p/~\",\"limit\":\"512\",\"revision\":\"0\"}\n"
#define WATCH(revision)                                                                            \
    "watch with a leader {\"create_request\":{\"key\":\"/p/\",\"range_end\":\"/p/~\","             \
    "\"start_revision\":\"" revision "\",\"progress_notify\":true}}\n"
#define ENTRY(token, drained)                                                                      \
    "kv/txn {compare:[{key:/p/hosts/admin-a,target:CREATE,result:EQUAL,create_revision:" token     \
    "}],success:[{request_put:{key:/p/hosts/admin-a,value:{version:V,since:T,boot:V,set:aaaa,"     \
    "head:,drained:" drained ",max_instances:2},lease:77}}],failure:[{request_range:{"             \
    "key:/p/hosts/admin-a}}]}\n"

#define COMPARE(token)                                                                             \
    "{compare:[{key:/p/owner/7692,target:CREATE,result:EQUAL,create_revision:" token "}"
#define ELSE_OWNER ",failure:[{request_range:{key:/p/owner/7692}}]}\n"
#define LAST(released, set)                                                                        \
    "{request_put:{key:/p/last/7692,value:{instance:one,host:admin-a,since:T,released:" released   \
    ",set:" set "}}}"
#define CAMPAIGN                                                                                   \
    "kv/txn " COMPARE(                                                                             \
        "0") "],success:[{request_range:{key:/p/last/7692}},{request_range:{"                      \
             "key:/p/~carry/7692,range_end:/p/~carry/7692/,limit:1}},{request_range:{"             \
             "key:/p/~intents/7692/T,range_end:/p/~intents/76920,limit:4}},{request_put:{"         \
             "key:/p/owner/7692,value:{instance:one,host:admin-a,since:T},lease:77}}," LAST(       \
                 "false", "aaaa") "]" ELSE_OWNER
#define RELEASE(token, has_waited)                                                                 \
    "kv/txn " COMPARE(token) "],success:[{request_delete_range:{key:/p/owner/7692}}," LAST(        \
        has_waited, "aaaa") "]" ELSE_OWNER
#define REFUSED "{\"code\":7,\"message\":\"no\"}"

/* Its time comes, be it that of a source that is not waited for otherwise. */
static inline void wake(sd_event_source *source)
{
    int enabled = SD_EVENT_OFF;

    sd_event_source_get_enabled(source, &enabled);
    assert_int_equal(enabled, SD_EVENT_ONESHOT);
    assert_int_equal(sd_event_source_set_time(source, 0), 0);
}

/* It is due in so much time, by its clock; `before_usec` is of that, before it was set. */
static inline void assert_due_in(sd_event_source *source, uint64_t before_usec,
                                 uint64_t (*now_usec)(void), uint64_t delay_usec)
{
    uint64_t usec = 0;

    assert_int_equal(sd_event_source_get_time(source, &usec), 0);
    assert_in_range(usec, before_usec + delay_usec, now_usec() + delay_usec);
}

/* Etcd tells of a change. */
static inline void tell(const Found *found, uint64_t revision)
{
    _cleanup_(buf_done) Buf line = {0};
    Found key = *found;

    key.created = revision;
    key.value = found->value ? found->value : "";
    buf_printf(&line,
               "{\"result\":{\"header\":{\"revision\":\"90\"},\"events\":[{\"type\":\"%s\",\"kv\":",
               found->value ? "PUT" : "DELETE");
    put_found(&line, &key);
    buf_puts(&line, "}]}}\n");
    peer_puts(scripted.watching, buf_text(&line));
}

static inline void open_watch(void)
{
    scripted.watching = etcd_script_take_of(scripted.script, "watch");
    peer_puts(scripted.watching,
              "HTTP/1.1 200 OK\r\n\r\n"
              "{\"result\":{\"header\":{\"revision\":\"90\"},\"created\":true}}\n");
}

/* One that holds a lease and has read that there is nothing, in revision 5. */
static inline EtcdScript *host_given(void)
{
    EtcdScript *script = scripted.script;

    fleet_begin(scripted.fleet);
    etcd_script_expect_any(script, LIST "lease/grant {\"TTL\":\"60\"}\n");
    etcd_script_answer_to(script, "kv/range", 200, "{\"header\":{\"revision\":\"5\"}}");
    etcd_script_expect_any(script, "changed\n" WATCH("6"));
    open_watch();
    etcd_script_expect(script, "changed\n");
    return script;
}

/* One that is called by its own name besides, in revision 7. */
static inline EtcdScript *host_held(void)
{
    static const Found own = {.name = "hosts/admin-a", .value = "{}", .lease = 77};
    EtcdScript *script = host_given();

    answer_lease("lease/grant", "60");
    etcd_script_expect_any(script, WATCH("6") ENTRY("0", "false"));
    open_watch();
    tell(&own, 7);
    etcd_script_expect(script, "hosts/admin-a is {}\nchanged\n");
    answer_txn(true, 7, NULL, 0);
    return script;
}

/* One that owns the instance "one", which was nobody's, since revision 8. */
static inline EtcdScript *host_owner(void)
{
    static const Found nothing[3] = {{0}};
    EtcdScript *script;

    host_set_instances(1);
    script = host_held();
    etcd_script_expect(script, CAMPAIGN);
    answer_txn(true, 8, nothing, 3);
    etcd_script_expect(script, "begin one: '' of '' by '', handed over\n");
    expect_log("fleet: host admin-a holds a lease of 1 min 0 s\n"
               "prod: fleet: this host owns the instance\n");
    return script;
}
