/* SPDX-License-Identifier: MIT */
#include "daemon/fleet/etcd_files.h"

#include <errno.h>

#include "daemon/base/file.h"
#include "daemon/base/secret_file.h"

#define ETCD_FILES_CERTIFICATES_SIZE_MAX (1024U * 1024U)

/* Certificates are no secret, and libcurl reads them itself: that they can be read is looked at,
 * for what it says where they cannot names no setting. */
static int etcd_files_find(const char *file, const char *key, const char *directory, Buf *path,
                           Err *err)
{
    _cleanup_(buf_done) Buf certificates = {0};
    int r;

    if (!file)
        return 0;
    if (secret_file_beside(file, directory, path) < 0)
        return err_memory(err);
    r = file_read(buf_text(path), ETCD_FILES_CERTIFICATES_SIZE_MAX, &certificates, err);
    if (r >= 0 && certificates.size == 0)
        r = err_set(err, -ENODATA, "%s: empty, must hold certificates in PEM", buf_text(path));
    return r < 0 ? err_context(err, r, "%s", key) : 0;
}

static int etcd_files_find_key(const char *file, const char *directory, Buf *path, Err *err)
{
    _cleanup_(secret_freep) Secret *key = NULL;

    if (!file)
        return 0;
    if (secret_file_find(file, directory, path) < 0)
        return err_memory(err);
    return secret_file_read_key(file, "fleet.etcd.key_file", directory, &key, err);
}

int etcd_files_read(const FleetSettings *settings, const char *directory, EtcdFiles *ret_files,
                    Err *err)
{
    int r = etcd_files_find(settings->ca_file, "fleet.etcd.ca_file", directory, &ret_files->ca_file,
                            err);

    if (r >= 0)
        r = etcd_files_find(settings->cert_file, "fleet.etcd.cert_file", directory,
                            &ret_files->cert_file, err);
    if (r >= 0)
        r = etcd_files_find_key(settings->key_file, directory, &ret_files->key_file, err);
    if (r >= 0 && settings->password_file)
        r = secret_file_read(settings->password_file, "fleet.etcd.password_file", directory,
                             &ret_files->password, err);
    return r < 0 ? r : 0;
}

void etcd_files_done(EtcdFiles *files)
{
    buf_done(&files->ca_file);
    buf_done(&files->cert_file);
    buf_done(&files->key_file);
    secret_free(files->password);
    *files = (EtcdFiles){0};
}

static const char *etcd_files_name(const Buf *path)
{
    return path->size > 0 ? buf_text(path) : NULL;
}

void etcd_files_set(const EtcdFiles *files, const FleetSettings *settings,
                    EtcdSettings *etcd_settings)
{
    etcd_settings->ca_file = etcd_files_name(&files->ca_file);
    etcd_settings->cert_file = etcd_files_name(&files->cert_file);
    etcd_settings->key_file = etcd_files_name(&files->key_file);
    etcd_settings->user = settings->user;
    etcd_settings->password = files->password;
}
