/* SPDX-License-Identifier: MIT */
#include "daemon/base/secret_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/base/aside.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"

#define SECRET_FILE_SHOWN "(a secret file)"

int secret_file_stamp(const char *path, FileStamp *stamp)
{
    struct stat status;
    int r = aside_stat(path, &status);

    if (r < 0)
        return r;
    *stamp = (FileStamp){
        .device = status.st_dev,
        .inode = status.st_ino,
        .size = (uint64_t)status.st_size,
        .mtime_sec = (uint64_t)status.st_mtim.tv_sec,
        .mtime_nsec = (uint64_t)status.st_mtim.tv_nsec,
    };
    return 0;
}

/* ---- what is not shown ---- */

/* Paths that were looked for. They stay for the life of the process. */
static struct {
    char **paths;
    size_t count, capacity;
} known;

/* The byte at the start of a text, as it is or as JSON or HTML escape it, and how long it is there.
 */
static unsigned char secret_file_byte(const char *text, const char *end, size_t *ret_size)
{
    static const struct {
        const char *text;
        char byte;
    } escapes[] = {{"\\\"", '"'},  {"\\\\", '\\'}, {"&quot;", '"'}, {"&#34;", '"'},
                   {"&amp;", '&'}, {"&lt;", '<'},  {"&gt;", '>'},   {"&#39;", '\''}};

    for (size_t i = 0; i < ELEMENTS(escapes); i++) {
        size_t size = strlen(escapes[i].text);

        if ((size_t)(end - text) >= size && memcmp(text, escapes[i].text, size) == 0) {
            *ret_size = size;
            return (unsigned char)escapes[i].byte;
        }
    }
    *ret_size = 1;
    return (unsigned char)*text;
}

/* How much of a text is a path that it begins with; 0: it does not. */
static size_t secret_file_match(const char *path, const char *text, const char *end)
{
    const char *at = text;

    for (; *path; path++) {
        size_t size;

        if (at == end || (unsigned char)*path != secret_file_byte(at, end, &size))
            return 0;
        at += size;
    }
    return (size_t)(at - text);
}

/* How much of a text is the longest of the known paths that it begins with; 0: none. */
static size_t secret_file_recognise(const char *text, const char *end)
{
    size_t longest = 0;

    for (size_t i = 0; i < known.count; i++) {
        size_t size = secret_file_match(known.paths[i], text, end);

        longest = size > longest ? size : longest;
    }
    return longest;
}

static int secret_file_note(const char *path)
{
    for (size_t i = 0; i < known.count; i++) {
        if (str_equal(known.paths[i], path))
            return 0;
    }
    if (mem_grow(&known.paths, &known.capacity, known.count + 1, sizeof(*known.paths)) < 0)
        return -ENOMEM;
    known.paths[known.count] = strdup(path);
    return known.paths[known.count] ? (known.count++, 0) : -ENOMEM;
}

/* A path begins a word: within one, as in a URL, none is looked for. */
static bool secret_file_may_begin(const char *text, const char *slash)
{
    return slash == text || !isalnum((unsigned char)slash[-1]);
}

void secret_file_redact(Buf *text)
{
    Buf shown = {0};
    const char *at = buf_text(text), *end = at + text->size;

    if (known.count == 0 || buf_failed(text) < 0)
        return;
    while (at < end) {
        const char *slash = memchr(at, '/', (size_t)(end - at)) ?: end;
        size_t size = slash < end && secret_file_may_begin(buf_text(text), slash)
                          ? secret_file_recognise(slash, end)
                          : 0;

        buf_append(&shown, at, (size_t)(slash - at));
        if (size > 0)
            buf_puts(&shown, SECRET_FILE_SHOWN);
        else if (slash < end)
            buf_putc(&shown, '/');
        at = slash < end ? slash + (size > 0 ? size : 1) : end;
    }
    buf_done(text);
    *text = shown;
}

/* ---- where they stand ---- */

int secret_file_beside(const char *file, const char *directory, Buf *path)
{
    if (file[0] != '/' && !str_is_empty(directory)) {
        buf_puts(path, directory);
        buf_putc(path, '/');
    }
    buf_puts(path, file);
    return buf_failed(path);
}

/* What cannot be looked at is left for opening it to report. */
int secret_file_find(const char *file, const char *directory, Buf *path)
{
    const char *credentials = secure_getenv("CREDENTIALS_DIRECTORY");
    struct stat status;

    if (file[0] != '/' && !str_is_empty(credentials)) {
        buf_puts(path, credentials);
        buf_putc(path, '/');
        buf_puts(path, file);
        if (buf_failed(path) < 0 || secret_file_note(path->data) < 0)
            return -ENOMEM;
        if (aside_stat(path->data, &status) != -ENOENT)
            return 0;
        buf_reset(path);
    }
    if (secret_file_beside(file, directory, path) < 0)
        return -ENOMEM;
    return secret_file_note(path->data);
}

/* Which places were tried, and how a file comes to the first of them. */
static int secret_file_tell_missing(const char *file, const char *key, const char *path, Err *err)
{
    const char *credentials = secure_getenv("CREDENTIALS_DIRECTORY");

    if (file[0] == '/')
        return err_set(err, -ENOENT,
                       "%s: no such file: %s: put the secret there, with mode 0600, or correct %s",
                       key, path, key);
    if (str_is_empty(credentials))
        return err_set(err, -ENOENT,
                       "%s: no such file: %s, and $CREDENTIALS_DIRECTORY is not set: put the "
                       "secret there, with mode 0600; one that the unit gets by LoadCredential=%s "
                       "is seen by the service alone, and here where CREDENTIALS_DIRECTORY "
                       "names its folder",
                       key, path, file);
    return err_set(err, -ENOENT,
                   "%s: no such file: neither %s/%s nor %s: give it to the unit with "
                   "LoadCredential=%s:PATH, or put the secret there, with mode 0600",
                   key, credentials, file, path, file);
}

static int secret_file_read_by(const char *file, const char *key, const char *directory,
                               int (*reader)(const char *path, Secret **ret_secret, Err *err),
                               Secret **ret_secret, Err *err)
{
    _cleanup_(buf_done) Buf path = {0};
    int r;

    if (str_is_empty(file))
        return err_set(err, -EINVAL, "%s: is not set", key);
    if (secret_file_find(file, directory, &path) < 0)
        return err_memory(err);
    r = reader(path.data, ret_secret, err);
    if (r == -ENOENT)
        return secret_file_tell_missing(file, key, path.data, err);
    return r < 0 ? err_context(err, r, "%s", key) : 0;
}

int secret_file_read(const char *file, const char *key, const char *directory, Secret **ret_secret,
                     Err *err)
{
    return secret_file_read_by(file, key, directory, aside_read_secret, ret_secret, err);
}

int secret_file_read_key(const char *file, const char *key, const char *directory,
                         Secret **ret_secret, Err *err)
{
    return secret_file_read_by(file, key, directory, aside_read_key, ret_secret, err);
}
