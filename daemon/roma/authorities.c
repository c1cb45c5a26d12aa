/* SPDX-License-Identifier: MIT */
#include "daemon/roma/authorities.h"

#include <errno.h>
#include <string.h>

int authorities_init(Authorities *authorities, const Instance *instance, const char *directory)
{
    int r;

    if (!instance->ca_file)
        return 0;
    r = credential_find_beside(instance->ca_file, directory, &authorities->path);
    if (r >= 0)
        credential_stamp_file(buf_text(&authorities->path), &authorities->stamp);
    return r;
}

void authorities_done(Authorities *authorities)
{
    buf_done(&authorities->path);
}

const char *authorities_path(const Authorities *authorities)
{
    return authorities->path.size > 0 ? buf_text(&authorities->path) : NULL;
}

void authorities_refresh(Authorities *authorities, Http *http)
{
    CredentialStamp stamp;

    if (authorities->path.size == 0)
        return;
    if (credential_stamp_file(buf_text(&authorities->path), &stamp) == -ETIMEDOUT)
        return;
    if (memcmp(&stamp, &authorities->stamp, sizeof(stamp)) != 0 && http_renew(http) >= 0)
        authorities->stamp = stamp;
}
