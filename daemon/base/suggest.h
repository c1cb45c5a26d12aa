/* SPDX-License-Identifier: MIT */
/* Finds the word that somebody probably meant by one that is not known. */
#pragma once

#include <stddef.h>

typedef struct Suggest {
    const char *word;
    const char *best; /* the nearest so far that is near enough, or NULL; borrowed */
    size_t distance;  /* its */
} Suggest;

void suggest_init(Suggest *suggest, const char *word);

/* Considers a word that would have been right. */
void suggest_offer(Suggest *suggest, const char *candidate);
