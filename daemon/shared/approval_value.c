/* SPDX-License-Identifier: MIT */
#include "daemon/shared/approval_value.h"

#include <errno.h>

#include "daemon/base/str.h"
#include "daemon/shared/fields.h"

int approval_value_append(const ApprovalValue *value, Buf *json)
{
    JsonWriter writer = {.buf = json, .is_compact = true};

    json_open_object(&writer, NULL);
    json_put_number(&writer, "at_usec", value->approval.given_usec);
    json_put_number(&writer, "until_usec", value->until_usec);
    json_put_bool(&writer, "now", value->approval.opens_window);
    json_put_number_if(&writer, "uid", value->uid != (uid_t)-1, value->uid);
    json_put_string(&writer, "host", value->host);
    json_close_object(&writer);
    return json_end(&writer);
}

static int approval_value_read_root(const Json *root, Arena *arena, ApprovalValue *value, Err *err)
{
    int r = json_take_number(root, "at_usec", INT64_MAX, &value->approval.given_usec, err);

    if (r == 0)
        r = json_take_number(root, "until_usec", INT64_MAX, &value->until_usec, err);
    if (r == 0)
        r = json_take_bool(root, "now", &value->approval.opens_window, err);
    if (r == 0)
        r = fields_uid(root, "uid", &value->uid, err);
    if (r == 0)
        r = fields_text(root, "host", true, arena, &value->host, err);
    if (r == 0 && value->approval.given_usec == 0)
        r = err_set(err, -EINVAL, "at_usec: missing");
    return r;
}

int approval_value_read(const char *digest, const char *json, size_t size, Arena *arena,
                        ApprovalValue *ret_value, Err *err)
{
    _cleanup_(json_freep) Json *root = NULL;
    ApprovalValue value = {0};
    int r;

    if (!digest_is_hex(digest, DIGEST_WHOLE))
        return err_set(err, -EINVAL, "its name is no digest");
    str_copy(value.approval.digest, sizeof(value.approval.digest), digest);
    r = fields_parse(json, size, &root, err);
    if (r == 0)
        r = approval_value_read_root(root, arena, &value, err);
    if (r == 0)
        *ret_value = value;
    return r;
}
