/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes files of plans: the input as it is, and, since a sum keeps what is damaged out, as the
 * report of one whose sum is right. What is taken has one plan for each channel, each with what a
 * pass needs to find it; what is refused is refused in one line.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/digest.h"
#include "daemon/base/str.h"
#include "daemon/json/json_parser.h"
#include "daemon/report/plan_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_plans(const ChosenPlans *chosen)
{
    for (size_t i = 0; i < chosen->count; i++) {
        const ChosenPlan *plan = &chosen->plans[i];

        assert(plan->digest[0] ? digest_is_hex(plan->digest, DIGEST_WHOLE)
                               : plan->enabled_count > 0);
        assert(plan->instance_key[0] && plan->channel_id[0]);
        for (size_t k = 0; k < plan->enabled_count; k++)
            assert(plan->enabled[k]);
        for (size_t k = 0; k < i; k++)
            assert(!str_equal(plan->channel_id, chosen->plans[k].channel_id) ||
                   !str_equal(plan->instance_key, chosen->plans[k].instance_key));
    }
}

static void check_text(const Buf *text)
{
    PlanFile file;
    Err err = {0};
    int r = plan_file_parse("plan.json", text, &file, &err);

    assert(r == 0 || r == -EBADMSG);
    if (r == 0)
        check_plans(&file.chosen);
    else
        assert(str_has_prefix(err.text, "plan.json: ") && !strchr(err.text, '\n'));
    plan_file_done(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(buf_done) Buf text = {0}, kept = {0};
    _cleanup_(json_freep) Json *report = NULL;

    buf_append(&text, data, size);
    check_text(&text);
    if (json_parse_once(buf_text(&text), text.size, &report, NULL) < 0)
        return 0;
    assert(plan_file_append(&(ReportSource){.root = report}, UINT64_C(1700000000000000), &kept) ==
           0);
    check_text(&kept);
    return 0;
}
