/* SPDX-License-Identifier: MIT */
/* Logging in, where a user is named: calls wait for a token, and one that has lapsed is asked for
 * anew. */
#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/fleet/etcd_internal.h"
#include "daemon/json/json_writer.h"

/* All that wait for it go on, or fail as it did. */
static void etcd_on_login(void *userdata, const EtcdAnswer *answer)
{
    Etcd *etcd = userdata;
    const char *token = NULL;
    EtcdCall *next;

    if (answer->result == ETCD_ANSWERED &&
        json_get_string(json_find(answer->root, "token"), &token) == 0 && token[0] != '\0') {
        buf_reset(&etcd->authorization);
        buf_printf(&etcd->authorization, "Authorization: %s", token);
    }
    for (EtcdCall *call = etcd->calls; call; call = next) {
        next = call->next;
        if (!call->waits_for_login)
            continue;
        call->waits_for_login = false;
        str_copy(call->message, sizeof(call->message),
                 token                ? ""
                 : answer->message[0] ? answer->message
                                      : "etcd gave no token");
        call->was_turned_away = answer->result == ETCD_REFUSED;
        etcd_call_wake_in(call, 0);
    }
}

static int etcd_log_in(Etcd *etcd, uint64_t timeout_usec)
{
    _cleanup_(buf_done) Buf body = {.is_secret = true};
    JsonWriter writer = {.buf = &body, .is_compact = true};
    int r;

    json_open_object(&writer, NULL);
    json_put_string(&writer, "name", etcd->settings->user);
    json_put_string(&writer, "password", secret_bytes(etcd->settings->password));
    json_close_object(&writer);
    if (buf_failed(&body) < 0)
        return -ENOMEM;
    r = etcd_call(etcd, "auth/authenticate", &body, timeout_usec, etcd_on_login, etcd,
                  &etcd->login);
    if (r >= 0)
        etcd->login->is_login = true;
    return r;
}

int etcd_call_await_login(EtcdCall *call)
{
    uint64_t left_usec = call->due_usec - clock_monotonic_usec();

    call->waits_for_login = true;
    etcd_call_wake_in(call, left_usec);
    return call->etcd->login ? 0 : etcd_log_in(call->etcd, left_usec);
}
