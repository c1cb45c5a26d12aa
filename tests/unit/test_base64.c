/* SPDX-License-Identifier: MIT */
/* Base64, by the vectors of RFC 4648 section 10, and there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/base/base64.h"

static void test_the_vectors_of_the_standard(void **state)
{
    static const char *const vectors[][2] = {{"", ""},
                                             {"f", "Zg=="},
                                             {"fo", "Zm8="},
                                             {"foo", "Zm9v"},
                                             {"foob", "Zm9vYg=="},
                                             {"fooba", "Zm9vYmE="},
                                             {"foobar", "Zm9vYmFy"}};

    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        Buf text = {0}, bytes = {0};

        base64_encode(&text, vectors[i][0], strlen(vectors[i][0]));
        assert_string_equal(buf_text(&text), vectors[i][1]);
        assert_true(base64_decode(&bytes, vectors[i][1]));
        assert_string_equal(buf_text(&bytes), vectors[i][0]);
        buf_done(&text);
        buf_done(&bytes);
    }
}

static void test_each_byte_comes_back(void **state)
{
    unsigned char all[257];
    Buf text = {0}, bytes = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(all); i++)
        all[i] = (unsigned char)i;
    base64_encode(&text, all, sizeof(all));
    assert_true(base64_decode(&bytes, buf_text(&text)));
    assert_int_equal(bytes.size, sizeof(all));
    assert_memory_equal(bytes.data, all, sizeof(all));
    buf_done(&text);
    buf_done(&bytes);
}

static void test_what_is_no_base64_is_refused(void **state)
{
    static const char *const odd[] = {"Z", "Zg==Zg==", "Zg-_", "Zm 9v", "Zm9v\n", "Zm9vY"};

    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        Buf bytes = {0};

        assert_false(base64_decode(&bytes, odd[i]));
        buf_done(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_vectors_of_the_standard),
        cmocka_unit_test(test_each_byte_comes_back),
        cmocka_unit_test(test_what_is_no_base64_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
