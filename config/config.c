/* SPDX-License-Identifier: MIT */
/* What frees a configuration. config/load makes one. */
#include "config/config.h"

#include <stdlib.h>

#include "config/build.h"

void config_free(Config *config)
{
    Build *build = (Build *)config;

    if (!build)
        return;
    map_done(&build->listed);
    free(build->channels);
    problems_done(&build->config.doubts);
    arena_done(&build->arena);
    free(build);
}
