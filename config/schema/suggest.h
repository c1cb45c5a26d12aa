/* SPDX-License-Identifier: MIT */
/* What somebody probably meant by a word that fits nothing. */
#pragma once

#include <stddef.h>

typedef struct Suggest {
    const char *word;
    const char *best; /* the nearest so far that is near enough, or NULL; borrowed */
    size_t distance;  /* its */
} Suggest;

void suggest_init(Suggest *suggest, const char *word);

/* Weighs a word that would have been right. */
void suggest_offer(Suggest *suggest, const char *candidate);
