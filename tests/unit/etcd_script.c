/* SPDX-License-Identifier: MIT */
#include "tests/unit/etcd_script.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/base64.h"
#include "daemon/base/str.h"
#include "daemon/fleet/etcd_internal.h"

/* Of the machine, as text. */
#define BOOT_ID_SIZE 36

#define AWAIT_USEC (20 * USEC_PER_SEC)
#define CALL_USEC (30 * USEC_PER_SEC)

/* ---- in words ---- */

/* A text in base64 behind the name of such a field, as it is. Returns where the rest begins. */
static const char *say_field(const char *text, Buf *said)
{
    static const char *const names[] = {"\"key\":\"", "\"range_end\":\"", "\"value\":\""};

    for (size_t i = 0; i < ELEMENTS(names); i++) {
        _cleanup_(buf_done) Buf bytes = {0};
        char base64[8192] = "";
        size_t size;

        if (!str_has_prefix(text, names[i]))
            continue;
        size = strcspn(text + strlen(names[i]), "\"");
        snprintf(base64, sizeof(base64), "%.*s", (int)size, text + strlen(names[i]));
        if (!base64_decode(&bytes, base64))
            return NULL;
        buf_printf(said, "%s%s\"", names[i], buf_text(&bytes));
        return text + strlen(names[i]) + size + 1;
    }
    return NULL;
}

static size_t run_of(const char *text, int (*is_one)(int))
{
    size_t size = 0;

    while (is_one((unsigned char)text[size]))
        size++;
    return size;
}

/* What is otherwise each time: a time, an id of the machine; and what is long. */
static const char *say_varying(const char *text, Buf *said)
{
    static const char *const fields[] = {"\"boot\":\"", "\"version\":\""};
    size_t digits = run_of(text, isdigit), hex = run_of(text, isxdigit);

    for (size_t i = 0; i < ELEMENTS(fields); i++) {
        size_t size = strlen(fields[i]);

        if (str_has_prefix(text, fields[i]) &&
            (i > 0 || strcspn(text + size, "\"") == BOOT_ID_SIZE)) {
            buf_printf(said, "%sV\"", fields[i]);
            return text + size + strcspn(text + size, "\"") + 1;
        }
    }
    if (digits == 4 && strlen(text) >= 20 && text[4] == '-' && text[10] == 'T' && text[19] == 'Z') {
        buf_puts(said, "T");
        return text + 20;
    }
    if (hex >= 64) {
        buf_printf(said, "%.4s", text);
        return text + 64;
    }
    if (digits >= 15) {
        buf_puts(said, "T");
        return text + digits;
    }
    return NULL;
}

static void say_text(const char *text, Buf *said)
{
    while (*text) {
        const char *rest = say_varying(text, said);
        size_t size = 1;

        if (!rest) { /* a word is looked at from its beginning alone */
            size = run_of(text, isxdigit);
            size = size > 0 ? size : 1;
            buf_append(said, text, size);
            rest = text + size;
        }
        text = rest;
    }
}

static void say_plain(const char *text, Buf *said)
{
    _cleanup_(buf_done) Buf plain = {0};

    while (*text) {
        const char *rest = say_field(text, &plain);

        if (!rest) {
            buf_append(&plain, text, 1);
            rest = text + 1;
        }
        text = rest;
    }
    say_text(buf_text(&plain), said);
}

void etcd_script_name(const EtcdScript *script, const char *text, Buf *named)
{
    while (*text) {
        size_t size = 0;

        for (size_t i = 0; i < SCRIPT_PEERS && size == 0; i++) {
            if (str_has_prefix(text, script->urls[i])) {
                buf_printf(named, "etcd-%zu", i);
                size = strlen(script->urls[i]);
            }
        }
        if (size == 0)
            buf_append(named, text, size = 1);
        text += size;
    }
}

void etcd_script_say(EtcdScript *script, const char *format, ...)
{
    _cleanup_(buf_done) Buf named = {0};
    char line[16384];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    etcd_script_name(script, line, &named);
    say_plain(buf_text(&named), &script->said);
    buf_puts(&script->said, "\n");
    assert_int_equal(buf_failed(&script->said), 0);
}

/* ---- what it is asked ---- */

/* Values may end with a newline. */
static void drop_quotes(Buf *said, size_t from)
{
    size_t kept = from;

    for (; from < said->size; from++) {
        if (said->data[from] != '"' && (said->data[from] != '\n' || from + 1 == said->size))
            said->data[kept++] = said->data[from];
    }
    said->data[kept] = '\0';
    said->size = kept;
}

static void on_request(PeerConnection *connection, const char *request, void *userdata)
{
    EtcdScript *script = userdata;
    const char *body = strstr(request, "\r\n\r\n");
    char type[64], token[64], leader[16];
    size_t size = strcspn(request, "\r"), before = script->said.size;

    peer_header(request, "Content-Type", type, sizeof(type));
    peer_header(request, "Authorization", token, sizeof(token));
    peer_header(request, "Grpc-Metadata-hasleader", leader, sizeof(leader));
    assert_string_equal(type, "application/json");
    assert_true(str_has_prefix(request, "POST /v3/"));
    assert_true(size > 18 && str_has_prefix(request + size - 9, " HTTP/1.1"));
    assert_true(script->asked_count < SCRIPT_ASKED_MAX);
    snprintf(script->paths[script->asked_count], sizeof(script->paths[0]), "%.*s", (int)size - 18,
             request + 9);
    script->asked[script->asked_count++] = connection;
    etcd_script_say(script, "%.*s %s%s%s%s%s", (int)size - 18, request + 9, token[0] ? "as " : "",
                    token, token[0] ? " " : "", leader[0] ? "with a leader " : "", body + 4);
    if (str_has_prefix(request, "POST /v3/kv/txn "))
        drop_quotes(&script->said, before);
}

static void script_turn(EtcdScript *script, uint64_t usec)
{
    assert_true(sd_event_run(script->event, usec) >= 0);
}

void etcd_script_await(EtcdScript *script, size_t asked)
{
    uint64_t end_usec = clock_monotonic_usec() + AWAIT_USEC;

    while (script->asked_count < asked) {
        if (clock_monotonic_usec() > end_usec)
            fail_msg("nothing more is asked after:\n%s", buf_text(&script->said));
        script_turn(script, 100 * USEC_PER_MSEC);
    }
}

/* All that is wanted comes, however slow the machine; what comes too much is there at once. */
static void script_await_text(EtcdScript *script, const char *lines, size_t size)
{
    uint64_t end_usec = clock_monotonic_usec() + AWAIT_USEC;

    while (script->said.size < size && (!lines || str_has_prefix(lines, buf_text(&script->said))) &&
           clock_monotonic_usec() < end_usec)
        script_turn(script, 100 * USEC_PER_MSEC);
    for (size_t idle = 0; idle < 3;) {
        int r = sd_event_run(script->event, USEC_PER_MSEC);

        assert_true(r >= 0);
        idle = r > 0 ? 0 : idle + 1;
    }
}

void etcd_script_expect(EtcdScript *script, const char *lines)
{
    script_await_text(script, lines, strlen(lines));
    assert_string_equal(buf_text(&script->said), lines);
    buf_reset(&script->said);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_lines(const char *text, Buf *sorted)
{
    char *lines[64], *copy = strdup(text), *rest = copy;
    size_t count = 0;

    assert_non_null(copy);
    while (count < ELEMENTS(lines) && (lines[count] = strsep(&rest, "\n")) != NULL)
        count++;
    qsort(lines, count, sizeof(lines[0]), compare_lines);
    for (size_t i = 0; i < count; i++)
        buf_printf(sorted, "%s\n", lines[i]);
    free(copy);
}

void etcd_script_expect_any(EtcdScript *script, const char *lines)
{
    _cleanup_(buf_done) Buf said = {0}, wanted = {0};

    script_await_text(script, NULL, strlen(lines));
    sort_lines(buf_text(&script->said), &said);
    sort_lines(lines, &wanted);
    assert_string_equal(buf_text(&said), buf_text(&wanted));
    buf_reset(&script->said);
}

static PeerConnection *script_take_at(EtcdScript *script, size_t place)
{
    PeerConnection *taken = script->asked[place];
    size_t behind = --script->asked_count - place;

    memmove(script->asked + place, script->asked + place + 1, behind * sizeof(script->asked[0]));
    memmove(script->paths + place, script->paths + place + 1, behind * sizeof(script->paths[0]));
    return taken;
}

PeerConnection *etcd_script_take(EtcdScript *script)
{
    etcd_script_await(script, 1);
    return script_take_at(script, 0);
}

PeerConnection *etcd_script_take_of(EtcdScript *script, const char *path)
{
    for (size_t seen = 0;; seen = script->asked_count) {
        for (size_t i = 0; i < script->asked_count; i++) {
            if (strcmp(script->paths[i], path) == 0)
                return script_take_at(script, i);
        }
        etcd_script_await(script, seen + 1);
    }
}

void etcd_script_answer(EtcdScript *script, int status, const char *body)
{
    peer_answer(etcd_script_take(script), status, "", body);
}

void etcd_script_answer_to(EtcdScript *script, const char *path, int status, const char *body)
{
    peer_answer(etcd_script_take_of(script, path), status, "", body);
}

void etcd_script_on_answer(void *userdata, const EtcdAnswer *answer)
{
    static const char *const results[] = {
        [ETCD_ANSWERED] = "answered", [ETCD_REFUSED] = "refused", [ETCD_UNANSWERED] = "unanswered"};

    const char *text = answer->root ? json_as_text(answer->root) : "";
    _cleanup_(buf_done) Buf compact = {0};

    for (; *text; text++) {
        if (*text != ' ')
            buf_append(&compact, text, 1);
    }
    etcd_script_say(userdata, "%s %d %s%s", results[answer->result], answer->code,
                    buf_text(&compact), answer->message);
}

EtcdCall *etcd_script_begin_for(EtcdScript *script, const char *path, const char *body,
                                uint64_t timeout_usec)
{
    EtcdCall *call = NULL;
    Buf text = {0};

    buf_puts(&text, body);
    assert_int_equal(
        etcd_call(script->etcd, path, &text, timeout_usec, etcd_script_on_answer, script, &call),
        0);
    buf_done(&text);
    return call;
}

EtcdCall *etcd_script_begin(EtcdScript *script, const char *path, const char *body)
{
    return etcd_script_begin_for(script, path, body, CALL_USEC);
}

uint64_t etcd_script_due_of(const EtcdCall *call)
{
    uint64_t usec;
    int enabled;

    assert_int_equal(sd_event_source_get_enabled(call->timer, &enabled), 1);
    assert_int_equal(enabled, SD_EVENT_ONESHOT);
    assert_int_equal(sd_event_source_get_time(call->timer, &usec), 0);
    return usec;
}

const char *etcd_script_key(Buf *buf, const char *key, const char *value, uint64_t created,
                            uint64_t changed, int64_t lease)
{
    buf_reset(buf);
    buf_puts(buf, "{\"key\":\"");
    base64_encode(buf, key, strlen(key));
    buf_puts(buf, "\",\"value\":\"");
    base64_encode(buf, value, strlen(value));
    buf_printf(buf, "\",\"create_revision\":\"%llu\",\"mod_revision\":\"%llu\",\"lease\":\"%lld\"}",
               (unsigned long long)created, (unsigned long long)changed, (long long)lease);
    return buf_text(buf);
}

/* ---- its life ---- */

int etcd_script_setup(void **state)
{
    EtcdScript *script = test_calloc(1, sizeof(*script));

    assert_true(sd_event_new(&script->event) >= 0);
    assert_int_equal(http_new(script->event, &script->http), 0);
    for (size_t i = 0; i < SCRIPT_PEERS; i++) {
        script->peers[i] = peer_new(script->event, on_request, script);
        snprintf(script->urls[i], sizeof(script->urls[i]), "http://127.0.0.1:%u",
                 peer_port(script->peers[i]));
        script->endpoints[i] = script->urls[i];
    }
    script->settings = (EtcdSettings){.endpoints = script->endpoints, .endpoint_count = 1};
    assert_int_equal(etcd_new(script->event, script->http, &script->settings, &script->etcd), 0);
    *state = script;
    return 0;
}

int etcd_script_teardown(void **state)
{
    EtcdScript *script = *state;

    etcd_free(script->etcd);
    http_free(script->http);
    for (size_t i = 0; i < SCRIPT_PEERS; i++)
        peer_free(script->peers[i]);
    sd_event_unref(script->event);
    buf_done(&script->said);
    test_free(script);
    return 0;
}
