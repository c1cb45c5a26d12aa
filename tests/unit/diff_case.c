/* SPDX-License-Identifier: MIT */
#include "tests/unit/diff_case.h"

static const char *describe(const MemberPage *page, size_t row)
{
    return page->rows[row].id;
}

void diff_case_open(DiffCase *one, bool is_ecs)
{
    one->roster.members = one->wanted;
    assert_int_equal(desired_init(&one->desired, &one->roster, 8080, is_ecs, &one->err), 0);
    assert_int_equal(diff_init(&one->diff, &one->desired, "c1", is_ecs), 0);
}

void diff_case_close(DiffCase *one)
{
    diff_done(&one->diff);
    desired_done(&one->desired);
    arena_done(&one->texts);
}

int diff_case_add(DiffCase *one, MemberRow row, MemberFields fields)
{
    MemberPage page = {.total = 1, .rows = &row, .row_count = 1, .describe = describe};

    row.group = row.group ? row.group : "";
    row.host = row.host ? row.host : "";
    row.ecs_id = row.ecs_id ? row.ecs_id : "";
    row.channel_id = row.channel_id ? row.channel_id : "c1";
    row.fields = fields;
    return diff_add_page(&one->diff, &page, 0, &one->err);
}
