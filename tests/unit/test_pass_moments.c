/* SPDX-License-Identifier: MIT */
/* Passes and undos that something comes between, at each moment at which anything happens in them:
 * what is done otherwise then (scene.h). What comes to the same is told once. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/scene.h"
#include "tests/unit/story_text.h"
#include "tests/world/world_ops.h"

#define MOMENTS_MAX 200

static void pause_first(World *world, void *unused)
{
    (void)unused;
    world_pause(world, &world->channels[0], 0);
}

/* Whatever is sent from then on is refused. */
static void refuse_credentials(World *world, void *unused)
{
    (void)unused;
    world->instances[0].credential_min = UINT32_MAX;
    world->instances[0].renewal = RENEWAL_FAILED;
}

static void hold_for_a_while(World *world, void *unused)
{
    world_hold(world, unused);
    world_at(world, 20 * USEC_PER_SEC, world_allow, NULL);
}

typedef struct Coming {
    const char *name;
    void (*act)(World *world, void *unused);
} Coming;

static const Coming comings[] = {
    {"paused", pause_first},
    {"stopped", world_stop},
    {"abandoned", world_abandon},
    {"held for a while", hold_for_a_while},
    {"without a credential", refuse_credentials},
};

/* The moments of a text, each once, in their order. */
static size_t find_moments(const char *text, uint64_t *ret_moments)
{
    size_t count = 0;

    for (; *text && strncmp(text, "report", 6) != 0; text = strchr(text, '\n') + 1) {
        double msec = strtod(text, NULL);
        uint64_t usec = (uint64_t)(msec * 1000 + 0.5);

        if (text[0] != ' ' || (count > 0 && ret_moments[count - 1] == usec))
            continue;
        assert_true(count < MOMENTS_MAX);
        ret_moments[count++] = usec;
    }
    return count;
}

static void play_moments(const Scene *scene, const Coming *coming, const char *usual,
                         const uint64_t *moments, size_t count, Buf *buf)
{
    buf_printf(buf, "== %s, %s\n", scene->name, coming->name);
    for (size_t i = 0; i < count; i++) {
        Disturbance disturbance = {.act = coming->act, .after_usec = moments[i] + 1};
        _cleanup_free_ char *text = scene_play(scene, &disturbance);
        _cleanup_(buf_done) Buf difference = {0};

        scene_put_difference(text, usual, &difference);
        if (!strstr(buf_text(buf), buf_text(&difference)))
            buf_printf(buf, "-- after %.3f ms\n%s", (double)moments[i] / 1e3,
                       buf_text(&difference));
    }
}

static void something_comes_between(void **state)
{
    _cleanup_(buf_done) Buf text = {0};

    (void)state;
    for (size_t i = 0; i < SCENE_COUNT; i++) {
        Disturbance none = {0};
        _cleanup_free_ char *usual = scene_play(&scenes[i], &none);
        uint64_t moments[MOMENTS_MAX];
        size_t count = find_moments(usual, moments);

        for (size_t k = 0; k < ELEMENTS(comings); k++)
            play_moments(&scenes[i], &comings[k], usual, moments, count, &text);
    }
    story_text_check("something_comes_between", &text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(something_comes_between),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
