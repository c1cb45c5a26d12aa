/* SPDX-License-Identifier: MIT */
/* daemon/base: what everything else stands on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/digest.h"
#include "daemon/base/err.h"
#include "daemon/base/file.h"
#include "daemon/base/hash.h"
#include "daemon/base/map.h"
#include "daemon/base/str.h"
#include "daemon/base/utf8.h"
#include "tests/scratch.h"

static void test_err_keeps_what_fits(void **state)
{
    char huge[4096];
    Err err = {0};

    (void)state;
    memset(huge, 'x', sizeof(huge));
    huge[sizeof(huge) - 1] = '\0';
    assert_int_equal(err_set(&err, -EINVAL, "%s", huge), -EINVAL);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_string_equal(err.text + sizeof(err.text) - 4, "...");
    err_set(&err, -EIO, "disk");
    assert_int_equal(err_context(&err, -EIO, "saving %d", 7), -EIO);
    assert_string_equal(err.text, "saving 7: disk");
    err_system(&err, -ENOENT, "a.yaml");
    assert_string_equal(err.text, "a.yaml: No such file or directory");
    assert_int_equal(err_set(NULL, -EIO, "nobody listens"), -EIO);
}

static void test_buf_grows_and_is_taken(void **state)
{
    Buf buf = {0};
    char *text;

    (void)state;
    assert_string_equal(buf_text(&buf), "");
    for (int i = 0; i < 1000; i++)
        buf_printf(&buf, "%d,", i);
    assert_int_equal(buf.size, 3890);
    text = buf_take(&buf);
    assert_string_equal(text + 3890 - 8, "998,999,");
    assert_int_equal(buf.size, 0);
    free(text);
    text = buf_take(&buf);
    assert_string_equal(text, "");
    free(text);
}

static void test_buf_failure_sticks(void **state)
{
    Buf buf = {0};

    (void)state;
    buf_puts(&buf, "a");
    buf_append(&buf, "b", SIZE_MAX - 1);
    buf_puts(&buf, "c");
    assert_int_equal(buf_failed(&buf), -ENOMEM);
    assert_null(buf_take(&buf));
}

static void test_buf_fails_with_its_part(void **state)
{
    Buf buf = {0}, part = {0};

    (void)state;
    buf_puts(&buf, "a");
    buf_fail_with(&buf, &part);
    assert_int_equal(buf_failed(&buf), 0);
    buf_fail(&part);
    buf_fail_with(&buf, &part);
    assert_int_equal(buf_failed(&buf), -ENOMEM);
    buf_reset(&part);
    assert_int_equal(buf_failed(&part), 0);
    buf_fail_with(&buf, &part); /* which takes nothing back */
    assert_int_equal(buf_failed(&buf), -ENOMEM);
    buf_puts(&buf, "b");
    assert_string_equal(buf_text(&buf), "a");
    assert_null(buf_take(&buf));
    buf_done(&part);
}

static void test_arena_gives_what_stays(void **state)
{
    Arena arena = {0};
    char *texts[2000];

    (void)state;
    for (size_t i = 0; i < 2000; i++) {
        char text[32];

        snprintf(text, sizeof(text), "text %zu", i);
        texts[i] = arena_string(&arena, text);
        assert_int_equal((uintptr_t)arena_alloc(&arena, 24) % _Alignof(max_align_t), 0);
    }
    assert_string_equal(texts[0], "text 0");
    assert_string_equal(texts[1999], "text 1999");
    assert_non_null(arena_alloc(&arena, 1 << 20));
    arena_reset(&arena);
    assert_string_equal(arena_string(&arena, "again"), "again");
    arena_done(&arena);
}

static void test_map_finds_what_was_put(void **state)
{
    static char keys[5000][12];
    Map map = {0};

    (void)state;
    assert_null(map_find(&map, "x", 1));
    for (size_t i = 0; i < 5000; i++) {
        snprintf(keys[i], sizeof(keys[i]), "key %zu", i);
        assert_int_equal(map_put(&map, keys[i], strlen(keys[i]), keys[i]), 1);
    }
    assert_int_equal(map_put(&map, "key 7", 5, keys[0]), 0);
    assert_ptr_equal(map_find(&map, "key 7", 5), keys[7]);
    assert_null(map_find(&map, "key 7", 4));
    assert_null(map_find(&map, "key 5000", 8));
    map_clear(&map);
    assert_null(map_find(&map, "key 7", 5));
    map_done(&map);
}

static void test_numbers_are_printed_in_digits(void **state)
{
    static const uint64_t numbers[] = {0, 7, 10, 8080, 1000000, UINT64_MAX};
    char text[STR_UINT_SIZE], wanted[STR_UINT_SIZE];

    (void)state;
    for (size_t i = 0; i < ELEMENTS(numbers); i++) {
        snprintf(wanted, sizeof(wanted), "%" PRIu64, numbers[i]);
        assert_ptr_equal(str_print_uint(numbers[i], text), text + strlen(wanted));
        assert_string_equal(text, wanted);
    }
}

static void test_numbers_are_read_whole(void **state)
{
    static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "01", "0x1", "1.0", "1e3", "a"};
    uint64_t value = 77;

    (void)state;
    for (size_t i = 0; i < ELEMENTS(bad); i++)
        assert_int_equal(str_parse_uint(bad[i], 1000, &value), -EINVAL);
    assert_int_equal(str_parse_uint("1001", 1000, &value), -ERANGE);
    assert_int_equal(str_parse_uint("99999999999999999999999", UINT64_MAX, &value), -ERANGE);
    assert_int_equal(value, 77);
    assert_int_equal(str_parse_uint("0", 1000, &value), 0);
    assert_int_equal(value, 0);
    assert_int_equal(str_parse_uint("18446744073709551615", UINT64_MAX, &value), 0);
    assert_true(value == UINT64_MAX);
}

static void test_ids_that_may_stand_in_a_path(void **state)
{
    (void)state;
    assert_true(str_is_id("56a7d7358e1b42459c9d730d65b14e59", 64));
    assert_true(str_is_id("A-z_9", 5));
    assert_false(str_is_id("A-z_9", 4));
    assert_false(str_is_id("", 64));
    assert_false(str_is_id("..", 64));
    assert_false(str_is_id("a/b", 64));
    assert_false(str_is_id("a%2f", 64));
    assert_false(str_is_id("\xc3\xa9", 64));
}

static void test_copies_end_between_characters(void **state)
{
    char text[5];

    (void)state;
    str_copy(text, sizeof(text), "abc\xc3\xa9");
    assert_string_equal(text, "abc");
    str_copy(text, sizeof(text), "ab\xc3\xa9");
    assert_string_equal(text, "ab\xc3\xa9");
}

static void test_what_is_no_utf8_is_mended(void **state)
{
    char cut[] = "\xc3\xa4-\xf0\x9f\x98", whole[] = "\xf0\x9f\x98\x80\xc3\xa4",
         odd[] = "\xc0\xaf\xed\xa0\x80\xff";

    (void)state;
    utf8_mend(cut);
    assert_string_equal(cut, "\xc3\xa4-???");
    utf8_mend(whole);
    assert_string_equal(whole, "\xf0\x9f\x98\x80\xc3\xa4");
    utf8_mend(odd);
    assert_string_equal(odd, "??????");
}

static void test_what_is_not_seen_is_shown(void **state)
{
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"payments", "payments"},
        {"", ""},
        {"\xe6\x94\xaf\xe4\xbb\x98 \xf0\x9f\x98\x80", "\xe6\x94\xaf\xe4\xbb\x98 \xf0\x9f\x98\x80"},
        {"a\033[2Jb\n", "a<U+001B>[2Jb<U+000A>"},
        {"\x7f\xc2\x9b\xc2\xa0", "<U+007F><U+009B><U+00A0>"},
        {"\xe2\x80\x8b\xe2\x80\xae\xe2\x80\xa8", "<U+200B><U+202E><U+2028>"},
        {"\xef\xbb\xbf\xe3\x80\x80\xc2\xad", "<U+FEFF><U+3000><U+00AD>"},
        {"\xf3\xa0\x81\x81", "<U+E0041>"},
        {"\xff\xc3", "??"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        _cleanup_(buf_done) Buf buf = {0};

        utf8_append_shown(&buf, rows[i].text);
        assert_string_equal(buf_text(&buf), rows[i].shown);
    }
}

static void test_times_as_texts(void **state)
{
    char text[64];
    uint64_t usec = 0;

    (void)state;
    clock_format_rfc3339(UINT64_C(1764082800) * USEC_PER_SEC, text);
    assert_string_equal(text, "2025-11-25T15:00:00Z");
    clock_format_sdk_date(UINT64_C(1764082800) * USEC_PER_SEC, text);
    assert_string_equal(text, "20251125T150000Z");
    assert_int_equal(clock_parse_rfc3339("2025-11-25T15:00:00.250000000Z", &usec), 0);
    assert_true(usec == UINT64_C(1764082800) * USEC_PER_SEC + 250000);
    assert_int_equal(clock_parse_rfc3339("2025-11-25T15:00:00.Z", &usec), -EINVAL);
    assert_int_equal(clock_parse_rfc3339("2025-11-25T15:00:00", &usec), -EINVAL);
    assert_int_equal(clock_parse_rfc3339("2025-11-25T15:00:00.1234567890Z", &usec), -EINVAL);
    clock_format_duration(0, text, sizeof(text));
    assert_string_equal(text, "0 ms");
    clock_format_duration(303 * USEC_PER_SEC, text, sizeof(text));
    assert_string_equal(text, "5 min 3 s");
    clock_format_duration(7500 * USEC_PER_SEC, text, sizeof(text));
    assert_string_equal(text, "2 h 5 min");
}

/* FIPS 180-4's and RFC 4231's own examples. */
static void test_digests(void **state)
{
    _cleanup_(digest_freep) Digest *digest = NULL;
    char hex[DIGEST_HEX_SIZE];

    (void)state;
    assert_int_equal(digest_sha256_hex("abc", 3, hex), 0);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(digest_hmac_sha256_hex("Jefe", 4, "what do ya want for nothing?", 28, hex), 0);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_int_equal(digest_new(&digest), 0);
    digest_add(digest, "a", 1);
    digest_add(digest, "", 0);
    digest_add(digest, "bc", 2);
    assert_int_equal(digest_end(digest, hex), 0);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void write_secret(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void assert_secret(const char *path, int expected, const char *text)
{
    _cleanup_(secret_freep) Secret *secret = NULL;
    Err err = {0};

    assert_int_equal(file_read_secret(path, &secret, &err), expected);
    if (expected == 0)
        assert_string_equal(secret_bytes(secret), text);
    else
        assert_non_null(strstr(err.text, path));
}

static void test_secret_files(void **state)
{
    char folder[SCRATCH_SIZE], path[SCRATCH_SIZE + 8];

    (void)state;
    assert_true(scratch_make(folder, "/tmp", "test_base"));
    snprintf(path, sizeof(path), "%s/secret", folder);
    write_secret(path, "s3cret\n", 0600);
    assert_secret(path, 0, "s3cret");
    write_secret(path, "s3cret\r\n", 0640);
    assert_secret(path, 0, "s3cret");
    write_secret(path, "s3cret\n", 0644);
    assert_secret(path, -EPERM, NULL);
    write_secret(path, "s3cret\n", 0620);
    assert_secret(path, -EPERM, NULL);
    write_secret(path, "\n", 0600);
    assert_secret(path, -ENODATA, NULL);
    write_secret(path, "one\ntwo\n", 0600);
    assert_secret(path, -EINVAL, NULL);
    unlink(path);
    assert_secret(path, -ENOENT, NULL);
    assert_secret(folder, -EISDIR, NULL);
    assert_int_equal(scratch_remove(folder), 0);
}

static void test_secret_is_bounded(void **state)
{
    Secret *secret = secret_new(4), *same = secret_new_copy("abcd", 4);

    (void)state;
    assert_int_equal(secret_append(secret, "abcd", 4), 0);
    assert_int_equal(secret_append(secret, "e", 1), -ENOBUFS);
    assert_string_equal(secret_bytes(secret), "abcd");
    assert_true(secret_equal(secret, same));
    secret_free(secret);
    secret_free(same);
}

/* The values are those of Python's hash of bytes, which is SipHash-1-3 with a key of zero where
 * PYTHONHASHSEED is 0, and one made of it where it is 42. */
static void test_hash_is_siphash_of_its_key(void **state)
{
    static const struct {
        uint64_t head;
        const char *text;
        uint64_t hash, keyed;
    } cases[] = {
        {0, "", UINT64_C(0xbd60acb658c79e45), UINT64_C(0xff8022ca61836881)},
        {0, "10.0.0.1", UINT64_C(0xcf1e97f02b9579e5), UINT64_C(0xb784fd4f9117d571)},
        {8080, "10.0.0.12", UINT64_C(0x7d24ed960de4fa71), UINT64_C(0x7262df14c17ca671)},
        {UINT64_MAX, "0123456789abcdef0123456789abcdef", UINT64_C(0x2376e57cc58be531),
         UINT64_C(0xeb44f5014a8e2e33)},
        {1, "2001:db8::17", UINT64_C(0x69ee58e84c0ac7e5), UINT64_C(0x0fedf967e078d5f0)},
        {5, "", UINT64_C(0xdb30eb0519197f1c), UINT64_C(0xa14fd88bbdfeb936)},
        {5, "a", UINT64_C(0x3e8886d42e398483), UINT64_C(0xb135d74804dd0e36)},
        {5, "abc", UINT64_C(0xc93b8e4c228f1fc8), UINT64_C(0x1fa55db44eba8372)},
        {5, "abcdefg", UINT64_C(0xf75ce29870a647a0), UINT64_C(0x53c2e0319381860e)},
        {5, "abcdefgh", UINT64_C(0xbf3562d735b7223b), UINT64_C(0x5a65f3222ef11b6c)},
        {5, "abcdefghi", UINT64_C(0x9f7bcdfc57c93537), UINT64_C(0x6a1f3d7a84c89a10)},
        {5, "abcdefghijklmno", UINT64_C(0xd0f00cd5e7fc0fc7), UINT64_C(0x7d15aa1067678e17)},
        {5, "abcdefghijklmnop", UINT64_C(0x19ab43cde837c40f), UINT64_C(0x1d93a29c153e5f55)},
    };
    static const uint64_t key[2] = {UINT64_C(0xdc504fd368cd90af), UINT64_C(0xb920bb9ffe99e9c1)},
                          none[2] = {0};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        size_t size = strlen(cases[i].text);
        uint64_t hash = hash_bytes(cases[i].head, cases[i].text, size), keyed;

        hash_set_key(key);
        keyed = hash_bytes(cases[i].head, cases[i].text, size);
        hash_set_key(none);
        assert_true(hash == cases[i].hash);
        assert_true(keyed == cases[i].keyed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err_keeps_what_fits),
        cmocka_unit_test(test_buf_grows_and_is_taken),
        cmocka_unit_test(test_buf_failure_sticks),
        cmocka_unit_test(test_buf_fails_with_its_part),
        cmocka_unit_test(test_arena_gives_what_stays),
        cmocka_unit_test(test_map_finds_what_was_put),
        cmocka_unit_test(test_hash_is_siphash_of_its_key),
        cmocka_unit_test(test_numbers_are_read_whole),
        cmocka_unit_test(test_numbers_are_printed_in_digits),
        cmocka_unit_test(test_ids_that_may_stand_in_a_path),
        cmocka_unit_test(test_copies_end_between_characters),
        cmocka_unit_test(test_what_is_no_utf8_is_mended),
        cmocka_unit_test(test_what_is_not_seen_is_shown),
        cmocka_unit_test(test_times_as_texts),
        cmocka_unit_test(test_digests),
        cmocka_unit_test(test_secret_files),
        cmocka_unit_test(test_secret_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
