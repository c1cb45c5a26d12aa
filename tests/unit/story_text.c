/* SPDX-License-Identifier: MIT */
#include "tests/unit/story_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "tests/unit/document.h"

static bool is_written;

void story_text_init(int argc, char **argv)
{
    is_written = argc == 2 && str_equal(argv[1], "write");
}

static void story_text_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        fail_msg("%s cannot be written", path);
}

/* The first line that differs, by its number: the whole is too long to be read. */
static void story_text_compare(const char *path, const char *expected, const char *text)
{
    size_t number = 1;

    while (*expected && *text) {
        size_t a = strcspn(expected, "\n"), b = strcspn(text, "\n");

        if (a != b || memcmp(expected, text, a) != 0)
            break;
        expected += a + (expected[a] == '\n');
        text += b + (text[b] == '\n');
        number++;
    }
    if (*expected || *text)
        fail_msg("%s:%zu: expected\n%.*s\nbut it is\n%.*s", path, number,
                 (int)strcspn(expected, "\n"), expected, (int)strcspn(text, "\n"), text);
}

void story_text_check(const char *name, const Buf *text)
{
    _cleanup_(buf_done) Buf expected = {0};
    char path[128];

    snprintf(path, sizeof(path), "tests/unit/stories/%s.txt", name);
    assert_int_equal(buf_failed(text), 0);
    if (is_written) {
        story_text_write(path, buf_text(text));
        return;
    }
    if (document_read(path, &expected) < 0)
        fail_msg("%s cannot be read", path);
    story_text_compare(path, buf_text(&expected), buf_text(text));
}
