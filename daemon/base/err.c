/* SPDX-License-Identifier: MIT */
#include "daemon/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void err_clear(Err *err)
{
    if (err)
        memset(err, 0, sizeof(*err));
}

bool err_is_set(const Err *err)
{
    return err->text[0] != '\0';
}

static void err_mark_cut(Err *err, int length)
{
    if (length >= (int)sizeof(err->text))
        memcpy(err->text + sizeof(err->text) - 4, "...", 4);
}

int err_set(Err *err, int error, const char *format, ...)
{
    va_list arguments;

    if (!err)
        return error;
    err_clear(err);
    va_start(arguments, format);
    err_mark_cut(err, vsnprintf(err->text, sizeof(err->text), format, arguments));
    va_end(arguments);
    return error;
}

int err_context(Err *err, int error, const char *format, ...)
{
    char old[sizeof(err->text)];
    char context[sizeof(err->text)];
    va_list arguments;

    if (!err)
        return error;
    memcpy(old, err->text, sizeof(old));
    va_start(arguments, format);
    vsnprintf(context, sizeof(context), format, arguments);
    va_end(arguments);
    err_mark_cut(err, snprintf(err->text, sizeof(err->text), "%s: %s", context, old));
    return error;
}

const char *err_reason(int error)
{
    if (error == EMFILE)
        return "Too many open files in this process (raise LimitNOFILE= of the unit, or ulimit -n)";
    if (error == ENFILE)
        return "Too many open files on this host (raise the sysctl fs.file-max)";
    return strerror(error);
}

int err_system(Err *err, int error, const char *format, ...)
{
    char what[sizeof(err->text)];
    va_list arguments;

    if (!err)
        return error;
    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    return err_set(err, error, "%s: %s", what, err_reason(-error));
}

int err_memory(Err *err)
{
    return err_set(err, -ENOMEM, "out of memory");
}
