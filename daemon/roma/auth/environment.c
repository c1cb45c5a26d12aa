/* SPDX-License-Identifier: MIT */
#include "daemon/roma/auth/environment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"

#define VARIABLES_MAX 4U

/* What was taken, for the life of the process: a reload asks again. */
static struct {
    const char *name;
    Secret *value;
} environment_taken[VARIABLES_MAX];

static Secret **environment_place(const char *name)
{
    size_t i = 0;

    while (i < VARIABLES_MAX - 1 && environment_taken[i].name &&
           !str_equal(environment_taken[i].name, name))
        i++;
    environment_taken[i].name = name;
    return &environment_taken[i].value;
}

int environment_get(const char *name, Secret **ret_value)
{
    Secret **place = environment_place(name);
    char *value = secure_getenv(name);
    Secret *copy;

    if (value) {
        copy = secret_new_copy(value, strlen(value));
        if (!copy)
            return -ENOMEM;
        secret_free(*place);
        *place = copy;
        explicit_bzero(value, strlen(value));
        unsetenv(name);
    }
    if (!*place || secret_size(*place) == 0)
        return 0;
    *ret_value = secret_new_copy(secret_bytes(*place), secret_size(*place));
    return *ret_value ? 0 : -ENOMEM;
}
