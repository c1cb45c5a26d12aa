/* SPDX-License-Identifier: MIT */
/* What a member of a roster costs in memory: itself, its texts, its place in the index of its
 * channel, and hardly anything else. */
#include <malloc.h>
#include <stdio.h>

#include "config/load/config_load.h"
#include "tests/unit/failing.h"
#include "tests/unit/test_config.h"

#define MEMBERS 20000U

/* Bytes of a member beside its texts: 16 of its own, 2.5 of the index. The rest is what channels
 * and files cost. */
#define MEMBER_BYTES_MAX 22

static size_t bytes_in_use(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static void put_roster(size_t channels)
{
    _cleanup_(buf_done) Buf text = {0};

    buf_puts(&text, "version: 1\nchannels:\n");
    for (size_t i = 0; i < MEMBERS; i++) {
        if (i % (MEMBERS / channels) == 0)
            buf_printf(&text, "  - name: c-%zu\n    members:\n", i);
        buf_printf(&text, "      - 10.%zu.%zu.%zu:8080\n", i / 62500, i / 250 % 250, i % 250);
    }
    assert_int_equal(buf_failed(&text), 0);
    put_file("rosters.d/a.yaml", buf_text(&text));
}

static size_t count_text_bytes(const Config *config)
{
    size_t size = 0;

    for (size_t i = 0; i < config->channel_count; i++) {
        for (size_t k = 0; k < config->channels[i].member_count; k++)
            size += strlen(config->channels[i].members[k].address) + 1;
    }
    return size;
}

static void what_members_cost(void **state)
{
    static const size_t channel_counts[] = {2, 40};

    (void)state;
    if (!failing_is_possible())
        skip();
    put_file("rosterd.yaml", HEAD);
    for (size_t i = 0; i < ELEMENTS(channel_counts); i++) {
        size_t before, used;
        Config *config;

        put_roster(channel_counts[i]);
        config_free(load_good());
        before = bytes_in_use();
        config = load_good();
        used = bytes_in_use() - before - count_text_bytes(config);
        if (used > MEMBER_BYTES_MAX * (size_t)MEMBERS)
            fail_msg("%zu bytes beside texts for %u members in %zu channels", used, MEMBERS,
                     channel_counts[i]);
        config_free(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(what_members_cost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
