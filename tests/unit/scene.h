/* SPDX-License-Identifier: MIT */
/* Scenes: passes and undos that are played again and again while something comes in between, each
 * time another thing; and what is done otherwise then, line by line (story.h). */
#pragma once

#include "tests/unit/story.h"

typedef struct Scene {
    const char *name;
    World *(*make)(void);
    bool is_undo;
} Scene;

#define SCENE_COUNT 25
extern const Scene scenes[SCENE_COUNT];

/* What comes in between. */
typedef struct Disturbance {
    void (*begin)(struct Disturbance *disturbance, Story *story); /* before the pass; may be NULL */
    void (*end)(struct Disturbance *disturbance);                 /* after it; likewise */
    void (*act)(World *world, void *unused); /* likewise: in it, so long after its begin */
    uint64_t after_usec;
} Disturbance;

/* All that is done in a scene, in words, and what comes of another pass or undo after it. */
char *scene_play(const Scene *scene, Disturbance *disturbance);

/* The lines of a text that another one has not, but for their moments. */
void scene_put_difference(const char *text, const char *usual, Buf *buf);
