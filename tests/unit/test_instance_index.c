/* SPDX-License-Identifier: MIT */
/* The index finds an instance by its endpoint, project and id, of which each counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/instance_index.h"
#include "daemon/base/mem.h"

static const Instance instances[] = {
    {.name = "a", .endpoint = "https://b", .project_id = "p", .instance_id = "i"},
    {.name = "b", .endpoint = "https://a", .project_id = "p", .instance_id = "i"},
    {.name = "c", .endpoint = "https://a", .project_id = "q", .instance_id = "i"},
    {.name = "d", .endpoint = "https://a", .project_id = "p", .instance_id = "h"},
    {.name = "e", .endpoint = "https://a", .instance_id = "i"},
};

static void each_is_found_whatever_it_is_called(void **state)
{
    /* Of the first few: there is none, one, or others on either side. */
    for (size_t count = 0; count <= ELEMENTS(instances); count++) {
        const Config config = {.instances = instances, .instance_count = count};
        InstanceIndex index;

        (void)state;
        assert_int_equal(instance_index_init(&index, &config), 0);
        for (size_t i = 0; i < ELEMENTS(instances); i++) {
            Instance same = instances[i];

            same.name = "other";
            assert_int_equal(instance_index_find(&index, &same), i < count ? i : count);
        }
        instance_index_done(&index);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_found_whatever_it_is_called),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
