/* SPDX-License-Identifier: MIT */
/* What all lists share: paging and fuzzy or precise filters. */
#include "tests/romasim/listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/romasim/answer.h"

/* A whole number of digits within [low, high]; an absent parameter leaves `*value` alone. */
static bool number(Request *r, const char *name, long low, long high, long *value)
{
    const char *text = request_parameter(r, name);
    long n;

    if (!text)
        return true;
    errno = 0;
    n = strtol(text, NULL, 10);
    if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0' || errno != 0 || n < low ||
        n > high) {
        answer_bad_parameter(r, name);
        return false;
    }
    *value = n;
    return true;
}

bool listing_page(Request *r, Paging *ret_paging)
{
    Paging p = {.offset = 0, .limit = 20};

    if (!number(r, "offset", 0, 1000000000L, &p.offset) || !number(r, "limit", 1, 500, &p.limit))
        return false;
    if (r->instance && r->instance->settings.page_max > 0 &&
        p.limit > r->instance->settings.page_max)
        p.limit = r->instance->settings.page_max;
    if (r->fault && r->fault->shift != 0 && p.offset > 0) {
        p.offset += r->fault->shift;
        p.offset = p.offset > 0 ? p.offset : 0;
    }
    *ret_paging = p;
    return true;
}

/* Whether the comma list holds `name`. */
static bool holds(const char *list, const char *name)
{
    size_t want = strlen(name);

    while (list && *list) {
        size_t len = strcspn(list, ",");

        if (len == want && strncmp(list, name, len) == 0)
            return true;
        list += len + (list[len] == ',');
    }
    return false;
}

bool listing_fits(const Request *r, const char *name, const char *text)
{
    const char *wanted = request_parameter(r, name);

    if (!wanted || wanted[0] == '\0')
        return true;
    if (holds(request_parameter(r, "precise_search"), name))
        return strcmp(text, wanted) == 0;
    return strstr(text, wanted) != NULL;
}

bool listing_check_precise(Request *r, const char *const *names)
{
    const char *list = request_parameter(r, "precise_search");

    while (list && *list) {
        size_t len = strcspn(list, ",");
        bool known = false;

        for (size_t i = 0; names[i]; i++)
            known = known || (strlen(names[i]) == len && strncmp(list, names[i], len) == 0);
        if (!known) {
            answer_bad_parameter(r, "precise_search");
            return false;
        }
        list += len + (list[len] == ',');
    }
    return true;
}
