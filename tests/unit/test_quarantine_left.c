/* SPDX-License-Identifier: MIT */
/* Members in quarantine of a channel that left the rosters: told once, and again when it has been
 * back and leaves anew. */
#include "tests/unit/test_store_common.h"

#include <fcntl.h>

#include "daemon/base/log.h"
#include "daemon/runtime/quarantine_left.h"
#include "daemon/store/quarantine.h"
#include "reconcile/plan/identity.h"

#define KEY_B "https://roma.example p2 i2"

typedef struct LeftCase {
    Folder *folder;
    Store *store;
    Backend backend;
    int stderr_fd;
    char log[SCRATCH_SIZE + 8];
} LeftCase;

static Instance instances[] = {{.name = "prod"}, {.name = "test"}};
static const Config config = {.instances = instances, .instance_count = 2};
static char keys[2][INSTANCE_KEY_SIZE] = {KEY, KEY_B};

static int setup(void **state)
{
    LeftCase *left_case = test_calloc(1, sizeof(*left_case));
    int fd;

    folder_setup((void **)&left_case->folder);
    left_case->store = folder_open(left_case->folder);
    left_case->backend = (Backend){.config = &config, .store = left_case->store, .keys = keys};
    snprintf(left_case->log, sizeof(left_case->log), "%s/log", left_case->folder->root);
    fd = open(left_case->log, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    left_case->stderr_fd = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
    log_setup(LOG_FORMAT_TEXT, LOG_LEVEL_WARNING);
    folder_begin(left_case->folder, left_case->store);
    assert_int_equal(store_name_instance(left_case->store, KEY_B, "test", NULL), 0);
    *state = left_case;
    return 0;
}

static int teardown(void **state)
{
    LeftCase *left_case = *state;

    store_free(left_case->store);
    dup2(left_case->stderr_fd, STDERR_FILENO);
    close(left_case->stderr_fd);
    folder_teardown((void **)&left_case->folder);
    test_free(left_case);
    return 0;
}

static void disable(LeftCase *left_case, const char *key, const char *id, const char *name,
                    size_t count)
{
    static const RosterChannel roster = {.mode = MODE_PRUNE, .quarantine_usec = USEC_PER_HOUR};
    static unsigned char identities[32][IDENTITY_SIZE_MAX];
    static char ids[32][8];
    static Change changes[32];
    Batch batch = folder_batch(left_case->folder, changes, count);

    batch.channel = &roster;
    batch.instance_key = key;
    batch.channel_id = id;
    batch.channel_name = name;
    for (size_t i = 0; i < count; i++) {
        char address[32];

        snprintf(address, sizeof(address), "10.1.0.%zu", i + 1);
        snprintf(ids[i], sizeof(ids[i]), "m%zu", i);
        changes[i].kind = CHANGE_DISABLE;
        changes[i].member_id = ids[i];
        changes[i].identity = identities[i];
        changes[i].identity_size = (size_t)identity_pack("", address, 80, identities[i]);
    }
    assert_int_equal(store_record(left_case->store, &batch, 1, NOW, &left_case->folder->err), 0);
}

/* What is logged of an instance by a report. */
static void assert_told(const LeftCase *left_case, size_t instance, const Report *report,
                        const char *expected)
{
    _cleanup_(buf_done) Buf text = {0};

    quarantine_left_tell(&left_case->backend, instance, report);
    assert_int_equal(file_read(left_case->log, 1U << 16, &text, NULL), 0);
    if (expected[0] ? !strstr(buf_text(&text), expected) : text.size > 0)
        fail_msg("\"%s\" instead of \"%s\"", buf_text(&text), expected);
    assert_int_equal(ftruncate(STDERR_FILENO, 0), 0);
    assert_int_equal(lseek(STDERR_FILENO, 0, SEEK_SET), 0);
}

static void test_a_channel_that_left_is_told_once(void **state)
{
    LeftCase *left_case = *state;
    ChannelReport channels[] = {{.instance_name = "prod", .id = "c1"},
                                {.instance_name = "test", .id = "c2"}};
    const Report there = {.channels = channels, .channel_count = 2},
                 gone = {.channels = channels + 1, .channel_count = 1};

    assert_told(left_case, 0, NULL, "");
    disable(left_case, KEY, "c1", "payments", 2);
    assert_told(left_case, 0, &there, "");
    assert_told(left_case, 1, &gone, "");
    assert_told(left_case, 0, &gone,
                "prod/payments: left the rosters, and 2 members that rosterd disabled stay so: "
                "10.1.0.1:80, 10.1.0.2:80\n");
    assert_told(left_case, 0, &gone, "");
    assert_told(left_case, 0, NULL, "");
    /* Back, and gone again. */
    assert_told(left_case, 0, &there, "");
    assert_told(left_case, 0, NULL, "prod/payments: left the rosters");
}

static void test_each_channel_is_told_by_itself(void **state)
{
    LeftCase *left_case = *state;

    disable(left_case, KEY_B, "c2", "", 1);
    disable(left_case, KEY, "c2", "orders", 1);
    assert_told(left_case, 1, NULL,
                "test/c2: left the rosters, and 1 member that rosterd disabled stays so: "
                "10.1.0.1:80\n");
    assert_told(left_case, 0, NULL, "prod/orders: left the rosters, and 1 member ");
    disable(left_case, KEY, "c3", "many", 22);
    assert_told(left_case, 0, NULL, " and 2 more\n");
}

/* Where it is not known which channels the rosters mean, or nothing may be written, nothing is
 * told. */
static void test_what_is_not_known_is_not_told(void **state)
{
    LeftCase *left_case = *state;
    ChannelReport channels[] = {{.instance_name = "prod"}, {.instance_name = "test", .id = "c1"}};
    const Report unknown = {.channels = channels, .channel_count = 2},
                 of_another = {.channels = channels + 1, .channel_count = 1};

    disable(left_case, KEY, "c1", "payments", 1);
    assert_told(left_case, 0, &unknown, "");
    left_case->backend.dry_run = true;
    assert_told(left_case, 0, NULL, "");
    left_case->backend.dry_run = false;
    left_case->backend.store = NULL;
    assert_told(left_case, 0, NULL, "");
    left_case->backend.store = left_case->store;
    assert_told(left_case, 0, &of_another, "prod/payments: left the rosters");
    channels[1].id = NULL;
    disable(left_case, KEY, "c9", "other", 1);
    assert_told(left_case, 0, &of_another, "prod/other: left the rosters");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_channel_that_left_is_told_once),
        TEST(test_each_channel_is_told_by_itself),
        TEST(test_what_is_not_known_is_not_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
