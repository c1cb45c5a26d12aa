/* SPDX-License-Identifier: MIT */
/* Whether all of a text was made: what json-c loses when memory runs out is noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "daemon/json/json_whole.h"

static Json *parse(const char *text)
{
    json_tokener *tokener = json_tokener_new();
    Json *value = json_tokener_parse_ex(tokener, text, (int)strlen(text) + 1);

    json_tokener_free(tokener);
    return value;
}

static void assert_whole(const char *text, bool is_whole)
{
    Json *value = parse(text);

    if (json_is_whole(text, strlen(text), value) != is_whole ||
        json_is_whole_prepared(text, strlen(text), value) != is_whole)
        fail_msg("%s", text);
    json_free(value);
}

static void test_whole(void **state)
{
    (void)state;
    assert_whole("null", true);
    assert_whole(" [ ] ", true);
    assert_whole("{}", true);
    assert_whole("-1.5e3", true);
    assert_whole("\"null, [:] \\\\ \\\"{\"", true);
    assert_whole("{\"a\\n\": [1, null, {\"b\": \"\"}, []], \"c,:\": true}", true);
    assert_whole("\"\\u0041\\u00e4\\u20ac\\ud83d\\ude00\\/\xc3\xa4\"", true);
    assert_whole("[\"\\ud83d\", \"\\ude00x\", \"\\ud83d\\u0041\", \"\\uD83Dx\"]", true);
}

static void test_a_name_that_stands_twice(void **state)
{
    (void)state;
    assert_whole("{\"a\": 1, \"a\": 1}", false);
    assert_whole("[{\"a\": {\"b\": null, \"b\": null}}]", false);
}

/* Quotes are counted in steps: one more or less counts wherever it stands. */
static void test_at_every_length(void **state)
{
    char text[JSON_SHORT_SIZE + 64], filler[JSON_SHORT_SIZE];

    (void)state;
    memset(filler, ':', sizeof(filler));
    for (int size = 0; size < JSON_SHORT_SIZE - 1; size++) {
        snprintf(text, sizeof(text), "{\"a\":\"%.*s\",\"b\":1}", size, filler);
        assert_whole(text, true);
        snprintf(text, sizeof(text), "{\"a\":\"%.*s\",\"b\":1,\"b\":1}", size, filler);
        assert_whole(text, false);
    }
}

static void test_what_is_missing(void **state)
{
    static const char text[] = "{\"host\": \"10.0.0.1\", \"port\": null, \"list\": [1, \"x\"]}";
    enum { SHORTENED = 2 }; /* a tokener that was prepared does not */
    static const char *const less[] = {
        "{\"host\": \"10.0.0.1\", \"port\": null}",
        "{\"host\": \"10.0.0.1\", \"port\": null, \"list\": [1]}",
        "{\"host\": \"10.0.0\", \"port\": null, \"list\": [1, \"x\"]}",
        "{\"host\": null, \"port\": null, \"list\": [1, \"x\"]}",
        "{\"host\": \"10.0.0.1\", \"list\": [1, \"x\"]}",
        "{\"host\": \"10.0.0.1\", \"\": null, \"list\": [1, \"x\"]}",
        "null",
    };

    Json *none = parse("[]");

    (void)state;
    assert_false(json_is_whole("[\"\"]", 4, none));
    json_free(none);
    assert_whole(text, true);
    for (size_t i = 0; i < sizeof(less) / sizeof(less[0]); i++) {
        Json *value = parse(less[i]);

        assert_false(json_is_whole(text, strlen(text), value));
        assert_false(i != SHORTENED && json_is_whole_prepared(text, strlen(text), value));
        json_free(value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_a_name_that_stands_twice),
        cmocka_unit_test(test_at_every_length),
        cmocka_unit_test(test_what_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
