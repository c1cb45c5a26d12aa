/* SPDX-License-Identifier: MIT */
/* The commit that the rosters are at, out of .git: nothing where it is not found or not understood.
 */
#include "tests/unit/test_config.h"

#include "config/roster_set.h"

#define COMMIT "0123456789abcdef0123456789abcdef01234567"
#define OTHER "fedcba9876543210fedcba9876543210fedcba98"

/* Below the directory of the test: work/ is a work tree, with rosters in it and in a folder of it.
 */
static RosterChannel channels[] = {
    {.file = "work/a.yaml"}, {.file = "work/a.yaml"}, {.file = "work/below/b.yaml"}};
static Config config = {.channels = channels, .channel_count = 3};

static void make(const char *path)
{
    assert_int_equal(mkdir(path, 0700), 0);
}

static int setup(void **state)
{
    if (enter_directory(state) < 0)
        return -1;
    make("work");
    make("work/below");
    make("work/.git");
    make("work/.git/refs");
    make("work/.git/refs/heads");
    put_file("work/a.yaml", "");
    put_file("work/below/b.yaml", "");
    put_file("work/.git/HEAD", "ref: refs/heads/main\n");
    put_file("work/.git/refs/heads/main", COMMIT "\n");
    channels[2].file = "work/below/b.yaml";
    config.channel_count = 3;
    return 0;
}

static void assert_head(const char *expected)
{
    char head[ROSTER_SET_HEAD_SIZE] = "x";

    roster_set_head(&config, head);
    assert_string_equal(head, expected);
}

static void test_a_branch(void **state)
{
    (void)state;
    assert_head(COMMIT);
    put_file("work/.git/refs/heads/main", OTHER); /* without a newline */
    assert_head(OTHER);
    config.channel_count = 0;
    assert_head("");
}

static void test_no_branch(void **state)
{
    (void)state;
    put_file("work/.git/HEAD", COMMIT "\n");
    assert_head(COMMIT);
    put_file("work/.git/HEAD", COMMIT "0123456789abcdef01234567\n");
    assert_head(COMMIT "0123456789abcdef01234567");
}

static void test_packed_refs(void **state)
{
    (void)state;
    assert_int_equal(unlink("work/.git/refs/heads/main"), 0);
    assert_head("");
    put_file("work/.git/packed-refs", "# pack-refs with: peeled fully-peeled sorted\n" OTHER
                                      " refs/heads/mainly\n" COMMIT " refs/heads/main\n"
                                      "^" OTHER "\n" OTHER " refs/tags/v1\n");
    assert_head(COMMIT);
    put_file("work/.git/packed-refs", OTHER " refs/heads/other\n");
    assert_head("");
    put_file("work/.git/packed-refs", "");
    assert_head("");
}

static void test_a_branch_that_leads_to_another(void **state)
{
    (void)state;
    put_file("work/.git/refs/heads/main", "ref: refs/heads/b2\n");
    put_file("work/.git/refs/heads/b2", "ref: refs/heads/b3\n");
    put_file("work/.git/refs/heads/b3", "ref: refs/heads/b4\n");
    put_file("work/.git/refs/heads/b4", "ref: refs/heads/b5\n");
    put_file("work/.git/refs/heads/b5", COMMIT "\n");
    assert_head(COMMIT);
    put_file("work/.git/refs/heads/b5", "ref: refs/heads/b6\n");
    put_file("work/.git/refs/heads/b6", COMMIT "\n");
    assert_head("");
}

static void test_what_is_not_understood(void **state)
{
    static const char *const heads[] = {
        "",
        "\n",
        "0123456789abcdef\n",
        "0123456789ABCDEF0123456789ABCDEF01234567\n",
        COMMIT "0\n",
        COMMIT " \n",
        "ref: heads/main\n",
        "ref: refs/../../../a.yaml\n",
        "ref: refs/heads/gone\n",
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(heads); i++) {
        put_file("work/.git/HEAD", heads[i]);
        assert_head("");
    }
    put_bytes("work/.git/HEAD", COMMIT "\0x", sizeof(COMMIT) + 1);
    assert_head("");
    assert_int_equal(unlink("work/.git/HEAD"), 0);
    assert_head("");
}

/* A work tree beside the first (git worktree): what it has of its own, and what both have. */
static void test_a_second_work_tree(void **state)
{
    (void)state;
    make("second");
    make("work/.git/worktrees");
    make("work/.git/worktrees/second");
    put_file("second/c.yaml", "");
    put_file("second/.git", "gitdir: ../work/.git/worktrees/second\n");
    put_file("work/.git/worktrees/second/HEAD", "ref: refs/heads/main\n");
    put_file("work/.git/worktrees/second/commondir", "../..\n");
    channels[0].file = channels[1].file = channels[2].file = "second/c.yaml";
    assert_head(COMMIT);
    put_file("work/.git/worktrees/second/HEAD", OTHER "\n");
    assert_head(OTHER);
    put_file("second/.git", "../work/.git/worktrees/second\n");
    assert_head("");
    assert_int_equal(unlink("second/.git"), 0);
    assert_head("");
    channels[0].file = channels[1].file = "work/a.yaml";
}

/* One that is in no work tree, or in another one, makes it unknown for all. */
static void test_files_of_several_places(void **state)
{
    (void)state;
    make("other");
    put_file("other/c.yaml", "");
    channels[2].file = "other/c.yaml";
    assert_head("");
    make("other/.git");
    put_file("other/.git/HEAD", COMMIT "\n");
    assert_head("");
    channels[2].file = "other/gone.yaml";
    assert_head("");
    assert_int_equal(symlink("../work/a.yaml", "other/link.yaml"), 0);
    channels[2].file = "other/link.yaml";
    assert_head(COMMIT);
    /* A work tree within the work tree. */
    make("work/below/.git");
    channels[2].file = "work/below/b.yaml";
    assert_head("");
}

#define TEST_HEAD(test) cmocka_unit_test_setup_teardown(test, setup, leave_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_HEAD(test_a_branch),
        TEST_HEAD(test_no_branch),
        TEST_HEAD(test_packed_refs),
        TEST_HEAD(test_a_branch_that_leads_to_another),
        TEST_HEAD(test_what_is_not_understood),
        TEST_HEAD(test_a_second_work_tree),
        TEST_HEAD(test_files_of_several_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
