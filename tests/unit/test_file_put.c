/* SPDX-License-Identifier: MIT */
/* Files that are put whole: what stood there before, or all of the new one, and nothing beside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/file.h"
#include "daemon/base/file_put.h"
#include "daemon/base/mem.h"
#include "tests/scratch.h"

typedef struct Folder {
    char path[SCRATCH_SIZE];
    int fd;
} Folder;

static int open_folder(void **state)
{
    Folder *folder = calloc(1, sizeof(*folder));

    if (!folder || !scratch_make(folder->path, "/tmp", "test_file_put"))
        return -1;
    folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *state = folder;
    return folder->fd < 0 ? -1 : 0;
}

static int close_folder(void **state)
{
    Folder *folder = *state;
    int r = scratch_remove(folder->path);

    close(folder->fd);
    free(folder);
    return r;
}

static void expect_file(const Folder *folder, const char *name, const char *text)
{
    _cleanup_(buf_done) Buf buf = {0}, path = {0};

    buf_printf(&path, "%s/%s", folder->path, name);
    assert_int_equal(file_read(buf_text(&path), 4096, &buf, NULL), 0);
    assert_string_equal(buf_text(&buf), text);
}

static size_t count_names(const Folder *folder)
{
    DIR *directory = opendir(folder->path);
    size_t count = 0;

    assert_non_null(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count - 2;
}

static void a_file_is_put_whole(void **state)
{
    const Folder *folder = *state;

    assert_int_equal(file_put(folder->fd, "a.yaml", "one\n", 4, false), 0);
    expect_file(folder, "a.yaml", "one\n");
    assert_int_equal(file_put(folder->fd, "b.yaml", "", 0, true), 0);
    expect_file(folder, "b.yaml", "");
    assert_int_equal(count_names(folder), 2);
}

static void one_that_is_there_is_replaced_where_it_may_be(void **state)
{
    const Folder *folder = *state;

    assert_int_equal(file_put(folder->fd, "a.yaml", "one", 3, false), 0);
    assert_int_equal(file_put(folder->fd, "a.yaml", "two", 3, false), -EEXIST);
    expect_file(folder, "a.yaml", "one");
    assert_int_equal(file_put(folder->fd, "a.yaml", "three", 5, true), 0);
    expect_file(folder, "a.yaml", "three");
    assert_int_equal(count_names(folder), 1);
}

static void a_fleeting_one_has_its_mode_whatever_the_umask(void **state)
{
    const Folder *folder = *state;
    mode_t before = umask(0077);
    struct stat status;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(file_put_fleeting(folder->fd, "a.prom", i ? "new" : "old", 3, 0644), 0);
        expect_file(folder, "a.prom", i ? "new" : "old");
        assert_int_equal(fstatat(folder->fd, "a.prom", &status, AT_SYMLINK_NOFOLLOW), 0);
        assert_int_equal(status.st_mode & 07777, 0644);
    }
    umask(before);
    assert_int_equal(count_names(folder), 1);
}

static void which_names_are_taken(void **state)
{
    (void)state;
    assert_true(file_put_may_be_called("a.prom"));
    assert_false(file_put_may_be_called(""));
    assert_false(file_put_may_be_called(".a"));
    assert_false(file_put_may_be_called("a/b"));
}

/* A link is a name that is taken, wherever it leads; what it leads to is left alone. */
static void a_link_is_not_followed(void **state)
{
    const Folder *folder = *state;

    assert_int_equal(file_put(folder->fd, "mine", "mine", 4, false), 0);
    assert_int_equal(symlinkat("mine", folder->fd, "a.yaml"), 0);
    assert_int_equal(symlinkat("nowhere", folder->fd, "b.yaml"), 0);
    assert_int_equal(file_put(folder->fd, "a.yaml", "new", 3, false), -EEXIST);
    assert_int_equal(file_put(folder->fd, "b.yaml", "new", 3, false), -EEXIST);
    assert_int_equal(file_put(folder->fd, "a.yaml", "new", 3, true), 0);
    expect_file(folder, "mine", "mine");
    expect_file(folder, "a.yaml", "new");
    assert_int_equal(count_names(folder), 3);
}

static void a_failure_leaves_nothing_behind(void **state)
{
    const Folder *folder = *state;

    assert_int_equal(mkdirat(folder->fd, "a.yaml", 0700), 0);
    assert_int_equal(file_put(folder->fd, "a.yaml", "new", 3, true), -EISDIR);
    assert_int_equal(file_put(-1, "a.yaml", "new", 3, true), -EBADF);
    assert_int_equal(count_names(folder), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_put_whole, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(one_that_is_there_is_replaced_where_it_may_be, open_folder,
                                        close_folder),
        cmocka_unit_test_setup_teardown(a_fleeting_one_has_its_mode_whatever_the_umask, open_folder,
                                        close_folder),
        cmocka_unit_test_setup_teardown(which_names_are_taken, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(a_link_is_not_followed, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(a_failure_leaves_nothing_behind, open_folder, close_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
