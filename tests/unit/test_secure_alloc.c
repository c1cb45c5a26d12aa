/* SPDX-License-Identifier: MIT */
/* Secure memory is as any other, but that it is wiped and that no core dump holds it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/secure_alloc.h"

#define SLOTS 64
#define ROUNDS 20000

/* Each block is filled with its own byte: none may reach into another. */
static void test_blocks_keep_what_is_in_them(void **state)
{
    static struct {
        unsigned char *memory;
        size_t size;
    } slots[SLOTS];
    uint32_t random = 1;

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        unsigned int slot = (random >> 8) % SLOTS;
        size_t size = (random >> 4) % 3000 * (i % 50 == 0 ? 100 : 1);
        unsigned char *memory;

        random = random * 1664525 + 1013904223;
        for (size_t at = 0; at < slots[slot].size; at++)
            assert_int_equal(slots[slot].memory[at], slot);
        if (i % 3 == 0) {
            secure_alloc_free(slots[slot].memory);
            slots[slot].memory = NULL;
            slots[slot].size = 0;
            continue;
        }
        memory = secure_alloc_realloc(slots[slot].memory, size);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 16, 0);
        for (size_t at = 0; at < size && at < slots[slot].size; at++)
            assert_int_equal(memory[at], slot);
        memset(memory, (int)slot, size);
        slots[slot].memory = memory;
        slots[slot].size = size;
    }
    for (size_t i = 0; i < SLOTS; i++)
        secure_alloc_free(slots[i].memory);
}

static void test_calloc_and_copy(void **state)
{
    char *dirty = secure_alloc_alloc(100), *clean, *copy;

    (void)state;
    memset(dirty, 'x', 100);
    secure_alloc_free(dirty);
    clean = secure_alloc_calloc(10, 10);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(clean[i], 0);
    secure_alloc_free(clean);
    copy = secure_alloc_copy("text");
    assert_string_equal(copy, "text");
    secure_alloc_free(copy);
    secure_alloc_free(NULL);
    /* Not a constant, of which the compiler would complain. */
    {
        volatile size_t huge = SIZE_MAX;

        assert_null(secure_alloc_alloc(huge));
        assert_null(secure_alloc_calloc(huge / 2, 3));
    }
}

/* The flags of the mapping that an address is in. */
static void read_flags(const void *address, char *ret_flags, size_t size)
{
    FILE *file = fopen("/proc/self/smaps", "re");
    char line[512];
    int is_in = 0;

    ret_flags[0] = '\0';
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        unsigned long from, to;

        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            is_in = from <= (uintptr_t)address && (uintptr_t)address < to;
        else if (is_in && strncmp(line, "VmFlags:", 8) == 0)
            snprintf(ret_flags, size, "%s", line);
    }
    fclose(file);
}

static int is_sanitized(void)
{
#if defined(__SANITIZE_ADDRESS__)
    return 1;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
    return 1;
#endif
#endif
    return 0;
}

static void test_no_block_is_dumped(void **state)
{
    static const size_t sizes[] = {1, 1000, 100000, 1000000};
    char flags[512];

    (void)state;
    if (is_sanitized()) {
        print_message("SKIPPED: the sanitizer's allocator stands in for secure memory\n");
        skip();
    }
    for (size_t i = 0; i < ELEMENTS(sizes); i++) {
        char *memory = secure_alloc_alloc(sizes[i]);

        memory[0] = 1;
        read_flags(memory, flags, sizeof(flags));
        if (!strstr(flags, " dd"))
            fail_msg("%zu bytes: %s", sizes[i], flags);
        secure_alloc_free(memory);
    }
}

/* What is resident of all that no core dump holds, in KiB. */
static size_t count_resident(void)
{
    FILE *file = fopen("/proc/self/smaps", "re");
    size_t all = 0, one = 0;
    char line[512];

    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        if (strncmp(line, "Rss:", 4) == 0)
            one = strtoul(line + 4, NULL, 10);
        else if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " dd"))
            all += one;
    }
    fclose(file);
    return all;
}

/* As many connections at once have. */
static void test_the_system_gets_a_peak_back(void **state)
{
    static void *blocks[400];
    const size_t size = (size_t)16 * 1024;
    size_t before, peak;

    (void)state;
    if (is_sanitized())
        skip();
    before = count_resident();
    for (size_t i = 0; i < ELEMENTS(blocks); i++) {
        blocks[i] = secure_alloc_alloc(size);
        assert_non_null(blocks[i]);
        memset(blocks[i], 'x', size);
    }
    peak = count_resident() - before;
    for (size_t i = 0; i < ELEMENTS(blocks); i++)
        secure_alloc_free(blocks[i]);
    assert_true(peak >= ELEMENTS(blocks) * size / 1024);
    assert_true(count_resident() - before < peak / 3);
}

static void test_what_is_freed_is_wiped(void **state)
{
    char *memory;

    (void)state;
    if (is_sanitized())
        skip();
    memory = secure_alloc_alloc(200);
    strcpy(memory + 100, "a secret");
    secure_alloc_free(memory);
    /* It is kept, and still mapped. */
    for (size_t i = 0; i < 200; i++)
        assert_int_equal(((volatile char *)memory)[i], 0);
    memory = secure_alloc_alloc(200);
    strcpy(memory + 100, "a secret");
    memory = secure_alloc_realloc(memory, 50);
    assert_int_equal(((volatile char *)memory)[100], 0);
    secure_alloc_free(memory);
}

/* The system has no more memory to give: small blocks come from the reserve. */
static void test_small_blocks_outlast_the_system(void **state)
{
    struct rlimit before, none = {0};
    void *blocks[500];

    (void)state;
    if (is_sanitized())
        skip();
    secure_alloc_free(secure_alloc_alloc(1));
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    none.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
    for (size_t i = 0; i < ELEMENTS(blocks); i++)
        blocks[i] = secure_alloc_alloc(1000);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    for (size_t i = 0; i < ELEMENTS(blocks); i++) {
        assert_non_null(blocks[i]);
        secure_alloc_free(blocks[i]);
    }
}

#define MOVED 500
#define MOVED_SIZE 1000

static void *take_blocks(void *blocks)
{
    for (size_t i = 0; i < MOVED; i++)
        ((char **)blocks)[i] = secure_alloc_calloc(1, MOVED_SIZE);
    return NULL;
}

/* Each with a secret in it, that is wiped. */
static void *give_blocks(void *blocks)
{
    for (size_t i = 0; i < MOVED; i++) {
        char *block = ((char **)blocks)[i];

        memset(block, 'x', MOVED_SIZE);
        secure_alloc_free(block);
        assert_int_equal(((volatile char *)block)[MOVED_SIZE - 1], 0);
    }
    return NULL;
}

static void run_in_thread(void *(*run)(void *), char **blocks)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, run, blocks), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static int by_address(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;

    return (*left > *right) - (*left < *right);
}

/* What was freed serves again, though another thread than the one that took it frees it. */
static void test_blocks_serve_again_after_another_thread(void **state)
{
    char *first[MOVED], *second[MOVED];

    (void)state;
    if (is_sanitized())
        skip();
    for (int takes_in_thread = 0; takes_in_thread < 2; takes_in_thread++) {
        for (int round = 0; round < 2; round++) {
            char **blocks = round == 0 ? first : second;

            if (takes_in_thread) {
                run_in_thread(take_blocks, blocks);
                give_blocks(blocks);
            } else {
                take_blocks(blocks);
                run_in_thread(give_blocks, blocks);
            }
            qsort(blocks, MOVED, sizeof(*blocks), by_address);
        }
        assert_memory_equal(first, second, sizeof(first));
    }
}

static void test_a_secret_text_grows(void **state)
{
    Buf buf = {.is_secret = true};

    (void)state;
    for (int i = 0; i < 10000; i++)
        buf_putc(&buf, (char)('a' + i % 26));
    assert_int_equal(buf_failed(&buf), 0);
    assert_int_equal(buf.size, 10000);
    assert_int_equal(buf.data[26 * 300 + 3], 'd');
    buf_done(&buf);
    assert_true(buf.is_secret);
    assert_string_equal(buf_text(&buf), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_keep_what_is_in_them),
        cmocka_unit_test(test_calloc_and_copy),
        cmocka_unit_test(test_no_block_is_dumped),
        cmocka_unit_test(test_the_system_gets_a_peak_back),
        cmocka_unit_test(test_what_is_freed_is_wiped),
        cmocka_unit_test(test_small_blocks_outlast_the_system),
        cmocka_unit_test(test_blocks_serve_again_after_another_thread),
        cmocka_unit_test(test_a_secret_text_grows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
