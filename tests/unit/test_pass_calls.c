/* SPDX-License-Identifier: MIT */
/* Each call on the state, and each allocation, of whole passes and undos fails once, in turn: what
 * such a pass does otherwise than where nothing fails (scene.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/failing.h"
#include "tests/unit/failing_ops.h"
#include "tests/unit/scene.h"
#include "tests/unit/story_text.h"

#define CALLS_MAX 600

typedef struct Failure {
    Disturbance disturbance;
    long after;
    bool is_memory;
    const char *what; /* NULL: nothing failed */
} Failure;

static void begin_failing(Disturbance *disturbance, Story *story)
{
    const Failure *failure = (const Failure *)disturbance;

    /* The world is not to wonder: outcomes and sightings may be missing. */
    story->world->may_undercount = true;
    story->world->decide_error = -EIO;
    story->world->decide_error_from = UINT32_MAX;
    failing_ops_begin(story, failure->after, failure->is_memory);
}

static void end_failing(Disturbance *disturbance)
{
    ((Failure *)disturbance)->what = failing_ops_end();
}

static void play_each(const Scene *scene, bool memory, Buf *buf)
{
    Failure failure = {.disturbance = {.begin = begin_failing, .end = end_failing},
                       .after = -1,
                       .is_memory = memory};
    _cleanup_free_ char *usual = scene_play(scene, &failure.disturbance);

    assert_null(failure.what);
    buf_printf(buf, "== %s\n%s", scene->name, memory ? "" : usual);
    for (long after = 0; after < CALLS_MAX; after++) {
        _cleanup_free_ char *text = NULL;
        _cleanup_(buf_done) Buf difference = {0};

        failure.after = after;
        text = scene_play(scene, &failure.disturbance);
        if (!failure.what)
            return;
        scene_put_difference(text, usual, &difference);
        /* How many allocations come to the same depends on libraries. */
        if (!memory || !strstr(buf_text(buf), buf_text(&difference)))
            buf_printf(buf, "-- %s fails\n%s", failure.what, buf_text(&difference));
    }
    fail_msg("%s: there is no end of it", scene->name);
}

static void each_of_all(const char *name, bool memory)
{
    _cleanup_(buf_done) Buf text = {0};

    for (size_t i = 0; i < ELEMENTS(scenes); i++)
        play_each(&scenes[i], memory, &text);
    story_text_check(name, &text);
}

static void each_call_on_the_state_fails(void **state)
{
    (void)state;
    each_of_all("each_call_on_the_state_fails", false);
}

static void each_allocation_fails(void **state)
{
    (void)state;
    if (!failing_is_possible())
        skip();
    each_of_all("each_allocation_fails", true);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_on_the_state_fails),
        cmocka_unit_test(each_allocation_fails),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
