/* SPDX-License-Identifier: MIT */
#include "tests/unit/control_answer.h"

#include <stdlib.h>
#include <unistd.h>

#include "daemon/base/file.h"
#include "daemon/base/str.h"

#define HEX "0123456789abcdef"
#define TIME_SIZE (sizeof("2026-11-24T15:04:05Z") - 1)

static bool is_behind(const char *text, const char *at, const char *what)
{
    size_t size = strlen(what);

    return (size_t)(at - text) >= size && str_has_prefix(at - size, what);
}

/* The passes of an answer are told from each other by numbers, in the order in which they come. */
typedef struct Passes {
    char names[8][40];
    size_t count;
    char word[32];
} Passes;

/* "TIME-N" at `at`, of that size. */
static const char *number_pass(Passes *passes, const char *at, size_t size)
{
    char name[40];
    size_t i = 0;

    snprintf(name, sizeof(name), "%.*s", (int)size, at);
    while (i < passes->count && !str_equal(passes->names[i], name))
        i++;
    assert_true(i < ELEMENTS(passes->names));
    str_copy(passes->names[i], sizeof(passes->names[i]), name);
    passes->count = i == passes->count ? i + 1 : passes->count;
    snprintf(passes->word, sizeof(passes->word), "PASS-%zu", i + 1);
    return passes->word;
}

/* How long what differs from run to run is, and what stands for it; 0: it does not. */
static size_t find_varying(const ControlCase *control_case, Passes *passes, const char *before,
                           const char *at, const char **ret_word)
{
    const char *folder = control_case->controller_case->client_case.directory;
    size_t hex = strspn(at, HEX), number;
    uint64_t usec;
    char time[TIME_SIZE + 1], own[16];

    str_copy(time, sizeof(time), at);
    *ret_word = "TIME";
    if (strlen(time) == TIME_SIZE && clock_parse_rfc3339(time, &usec) == 0) {
        number = at[TIME_SIZE] == '-' ? strspn(at + TIME_SIZE + 1, "0123456789") : 0;
        if (number == 0)
            return TIME_SIZE;
        *ret_word = number_pass(passes, at, TIME_SIZE + 1 + number);
        return TIME_SIZE + 1 + number;
    }
    *ret_word = "FOLDER";
    if (str_has_prefix(at, folder))
        return strlen(folder);
    *ret_word = "DIGEST";
    if ((hex == 64 || hex == 12) && (at == before || !strchr(HEX, at[-1])))
        return hex;
    *ret_word = "PORT";
    if (is_behind(before, at, "127.0.0.1:") || is_behind(before, at, "127.0.0.1 port "))
        return strspn(at, "0123456789");
    *ret_word = "SECONDS";
    if (is_behind(before, at, "\"left_seconds\": "))
        return strspn(at, "0123456789");
    snprintf(own, sizeof(own), "%u", getuid());
    *ret_word = "UID";
    if (str_has_prefix(at, own) && is_behind(before, at, "\"uid\": "))
        return strlen(own);
    snprintf(own, sizeof(own), "%d", getpid());
    *ret_word = "PID";
    if (str_has_prefix(at, own) && is_behind(before, at, "\"pid\": "))
        return strlen(own);
    *ret_word = "VERSION";
    if (str_has_prefix(at, ROSTERD_VERSION "\"") && is_behind(before, at, "\"version\": \""))
        return strlen(ROSTERD_VERSION);
    return 0;
}

static void put_answer(const ControlCase *control_case, Buf *text)
{
    const char *body = strstr(buf_text(&control_case->answer), "\r\n\r\n");
    Passes passes = {0};

    assert_non_null(body);
    body += 4;
    buf_printf(text, "%d\n", control_case->status);
    for (const char *at = body; *at;) {
        const char *word;
        size_t size = find_varying(control_case, &passes, body, at, &word);

        if (size > 0)
            buf_puts(text, word);
        else
            buf_putc(text, *at);
        at += size > 0 ? size : 1;
    }
    assert_int_equal(buf_failed(text), 0);
}

void control_answer_compare(const ControlCase *control_case, const char *name)
{
    _cleanup_(buf_done) Buf text = {0}, wanted = {0};
    char path[128];

    snprintf(path, sizeof(path), "tests/unit/answers/%s", name);
    put_answer(control_case, &text);
    if (getenv("ANSWERS")) {
        FILE *file = fopen(path, "we");

        assert_non_null(file);
        fputs(buf_text(&text), file);
        assert_int_equal(fclose(file), 0);
        return;
    }
    assert_int_equal(file_read(path, 1U << 20, &wanted, NULL), 0);
    if (!str_equal(buf_text(&text), buf_text(&wanted)))
        fail_msg("%s is not, as it should be:\n%s", name, buf_text(&text));
}

void control_answer_expect(ControlCase *control_case, const char *path, const char *body,
                           const char *name)
{
    int fd = control_case_send_request(control_case, body ? "POST" : "GET", path, body);

    control_case_await_answer(control_case, fd);
    control_answer_compare(control_case, name);
}

void control_answer_find(const ControlCase *control_case, const char *key, char *ret_text,
                         size_t size)
{
    const char *at = strstr(buf_text(&control_case->answer), key);

    assert_non_null(at);
    at += strlen(key);
    snprintf(ret_text, size, "%.*s", (int)strcspn(at, "\""), at);
}
