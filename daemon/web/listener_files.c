/* SPDX-License-Identifier: MIT */
#include "daemon/web/listener_files.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/file.h"

#define LISTENER_FILES_CERTIFICATES_SIZE_MAX (1024U * 1024U)

void listener_files_done(ListenerFiles *files)
{
    secret_free(files->token);
    secret_free(files->key);
    buf_done(&files->certificates);
    *files = (ListenerFiles){0};
}

static const char *const listener_files_keys[] = {"http.token_file", "http.cert_file",
                                                  "http.key_file"};

/* The path of a file; empty where the settings name none. 0 or -ENOMEM. */
static int listener_files_find(const HttpSettings *settings, const char *directory, size_t number,
                               Buf *path)
{
    const char *const names[] = {settings->token_file, settings->cert_file, settings->key_file};

    if (!names[number])
        return 0;
    return number == LISTENER_FILE_CERT ? secret_file_beside(names[number], directory, path)
                                        : secret_file_find(names[number], directory, path);
}

int listener_files_stamp(const HttpSettings *settings, const char *directory,
                         FileStamp stamps[static LISTENER_FILE_COUNT])
{
    for (size_t i = 0; i < LISTENER_FILE_COUNT; i++) {
        _cleanup_(buf_done) Buf path = {0};
        int r = listener_files_find(settings, directory, i, &path);

        if (r < 0)
            return r;
        if (path.size > 0 && secret_file_stamp(path.data, &stamps[i]) == -ETIMEDOUT)
            return -ETIMEDOUT;
    }
    return 0;
}

static int listener_files_read_certificates(const HttpSettings *settings, const char *directory,
                                            Buf *certificates, Err *err)
{
    _cleanup_(buf_done) Buf path = {0};
    int r;

    if (listener_files_find(settings, directory, LISTENER_FILE_CERT, &path) < 0)
        return err_memory(err);
    r = file_read(path.data, LISTENER_FILES_CERTIFICATES_SIZE_MAX, certificates, err);
    if (r >= 0 && certificates->size == 0)
        r = err_set(err, -ENODATA, "%s: empty, must hold certificates in PEM", path.data);
    return r < 0 ? err_context(err, r, "%s", listener_files_keys[LISTENER_FILE_CERT]) : 0;
}

int listener_files_read(const HttpSettings *settings, const char *directory,
                        ListenerFiles *ret_files, Err *err)
{
    ListenerFiles files = {0};
    int r = 0;

    if (listener_files_stamp(settings, directory, files.stamps) == -ENOMEM)
        r = err_memory(err);
    if (r >= 0 && settings->token_file)
        r = secret_file_read(settings->token_file, listener_files_keys[LISTENER_FILE_TOKEN],
                             directory, &files.token, err);
    if (r >= 0 && settings->cert_file)
        r = listener_files_read_certificates(settings, directory, &files.certificates, err);
    if (r >= 0 && settings->key_file)
        r = secret_file_read_key(settings->key_file, listener_files_keys[LISTENER_FILE_KEY],
                                 directory, &files.key, err);
    if (r < 0) {
        listener_files_done(&files);
        return r;
    }
    *ret_files = files;
    return 0;
}

ServerTls listener_files_tls(const ListenerFiles *files)
{
    return (ServerTls){.certificates = files->key ? buf_text(&files->certificates) : NULL,
                       .key = files->key};
}

int listener_files_check(const Config *config, Err *err)
{
    ListenerFiles files = {0};
    int r;

    if (!config->http.listen)
        return 0;
    r = listener_files_read(&config->http, config->directory, &files, err);
    listener_files_done(&files);
    return r;
}
