/* SPDX-License-Identifier: MIT */
#include "reconcile/plan/sighting.h"

#include <assert.h>
#include <string.h>

#include "daemon/base/digest.h"

int sighting_name(ChangeKind kind, const void *identity, size_t identity_size,
                  char ret_name[static SIGHTING_NAME_SIZE])
{
    char digest[DIGEST_HEX_SIZE];
    int r = digest_sha256_hex(identity, identity_size, digest);

    assert(kind == CHANGE_ADD || kind == CHANGE_CORRECT);
    if (r < 0)
        return r;
    ret_name[0] = kind == CHANGE_ADD ? '+' : '~';
    memcpy(ret_name + 1, digest, SIGHTING_NAME_SIZE - 2);
    ret_name[SIGHTING_NAME_SIZE - 1] = '\0';
    return 0;
}

static int sighting_visit_missing(const Plan *plan, SightingVisit visit, void *userdata)
{
    const Desired *desired = plan->diff->desired;
    char name[SIGHTING_NAME_SIZE];
    int r = 0;

    for (size_t i = 0; i < desired->channel->member_count && r == 0; i++) {
        unsigned char key[IDENTITY_SIZE_MAX];

        if (plan->diff->seen[i])
            continue;
        r = sighting_name(CHANGE_ADD, key, desired_pack(desired, i, key), name);
        if (r == 0)
            r = visit(userdata, name);
    }
    return r;
}

int sighting_visit_posts(const Plan *plan, SightingVisit visit, void *userdata)
{
    int r = plan->add_count > 0 ? sighting_visit_missing(plan, visit, userdata) : 0;

    for (size_t i = 0; i < plan->correct_count && r == 0; i++) {
        const DesiredKey *key = &plan->changed[i].identity;
        char name[SIGHTING_NAME_SIZE];

        r = sighting_name(CHANGE_CORRECT, key->bytes, key->size, name);
        if (r == 0)
            r = visit(userdata, name);
    }
    return r;
}
