/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "daemon/base/str.h"
#include "daemon/check/check.h"
#include "daemon/fleet/etcd_files.h"
#include "daemon/fleet/etcd_txn.h"

#define STEP_FILES "fleet files"
#define STEP_ETCD "fleet etcd" /* of all endpoints; of one, the step names it */
#define STEP_RIGHTS "fleet rights"

/* One that is well answers at once. */
#define CHECK_FLEET_USEC (ETCD_TRY_USEC + USEC_PER_SEC)

/* The gateway's paths begin with /v3 from this version on. */
#define ETCD_MAJOR_LEAST 3U
#define ETCD_MINOR_LEAST 4U

typedef struct CheckFleet {
    const FleetSettings *settings;
    CheckTold told;
    void *userdata;
    EtcdFiles files;
    sd_event *event;
    Http *http;
    const char *endpoints[ETCD_ENDPOINTS_MAX]; /* those that answer */
    size_t answering;

    /* Of the call under way. */
    bool is_answered;
    EtcdResult result;
    char text[768];   /* what is wrong */
    char version[32]; /* of maintenance/status: "" where it tells none */
    bool has_leader;
} CheckFleet;

static void check_fleet_tell(const CheckFleet *check, const char *step, CheckResult result,
                             const char *text)
{
    const CheckLine line = {NULL, step, result, text};

    check->told(check->userdata, &line);
}

static void check_fleet_done(CheckFleet *check)
{
    etcd_files_done(&check->files);
    http_free(check->http);
    sd_event_unref(check->event);
}

/* ---- asking ---- */

static void check_fleet_on_answer(void *userdata, const EtcdAnswer *answer)
{
    CheckFleet *check = userdata;
    uint64_t leader = 0;

    check->is_answered = true;
    check->result = answer->result;
    str_copy(check->text, sizeof(check->text), answer->message);
    if (answer->result == ETCD_REFUSED && answer->code == ETCD_CODE_PERMISSION_DENIED)
        snprintf(check->text, sizeof(check->text),
                 "%.500s: etcdctl role grant-permission ROLE --prefix=true readwrite %.200s",
                 answer->message, check->settings->prefix);
    str_copy(check->version, sizeof(check->version),
             json_as_text(json_find(answer->root, "version")));
    check->has_leader =
        etcd_read_number(json_find(answer->root, "leader"), &leader) == 0 && leader != 0;
}

/* Waits for the answer of these endpoints. 0; -ENOMEM; sd-event's. */
static int check_fleet_ask(CheckFleet *check, const char *const *endpoints, size_t count,
                           const char *path, const Buf *body)
{
    EtcdSettings settings = {.endpoints = endpoints, .endpoint_count = count};
    _cleanup_(etcd_freep) Etcd *etcd = NULL;
    int r;

    assert(count > 0);
    etcd_files_set(&check->files, check->settings, &settings);
    r = buf_failed(body) < 0 ? -ENOMEM : etcd_new(check->event, check->http, &settings, &etcd);
    if (r >= 0)
        r = etcd_call(etcd, path, body, CHECK_FLEET_USEC, check_fleet_on_answer, check, NULL);
    check->is_answered = false;
    while (r >= 0 && !check->is_answered)
        r = sd_event_run(check->event, UINT64_MAX);
    return r < 0 ? r : 0;
}

/* ---- each endpoint ---- */

static bool check_fleet_is_old(const char *version)
{
    unsigned int major = 0, minor = 0;

    return sscanf(version, "%u.%u", &major, &minor) != 2 || major < ETCD_MAJOR_LEAST ||
           (major == ETCD_MAJOR_LEAST && minor < ETCD_MINOR_LEAST);
}

static void check_fleet_tell_endpoint(CheckFleet *check, const char *endpoint)
{
    char step[512], text[256];

    snprintf(step, sizeof(step), "fleet %s", endpoint);
    if (check->result != ETCD_ANSWERED) {
        check_fleet_tell(check, step, CHECK_FAILED, check->text);
        return;
    }
    if (check_fleet_is_old(check->version)) {
        snprintf(text, sizeof(text), "version %s, must be etcd 3.4 or newer",
                 check->version[0] ? check->version : "is not told");
        check_fleet_tell(check, step, CHECK_FAILED, text);
        return;
    }
    check->endpoints[check->answering++] = endpoint;
    snprintf(text, sizeof(text), "etcd %s%s", check->version,
             check->has_leader ? ""
                               : " has no leader: most of its members have to be there before it "
                                 "gives a lease");
    check_fleet_tell(check, step, check->has_leader ? CHECK_OK : CHECK_FAILED, text);
}

static int check_fleet_endpoints(CheckFleet *check)
{
    _cleanup_(buf_done) Buf body = {0};
    int r = 0;

    buf_puts(&body, "{}");
    for (size_t i = 0; r == 0 && i < check->settings->endpoint_count; i++) {
        const char *endpoint = check->settings->endpoints[i];

        r = check_fleet_ask(check, &endpoint, 1, "maintenance/status", &body);
        if (r == 0)
            check_fleet_tell_endpoint(check, endpoint);
    }
    return r;
}

/* ---- what may be done there ---- */

/* etcd asks for the rights of all that a transaction might do, and this one does nothing: no key is
 * made in the first revision. */
static void check_fleet_put_txn(const CheckFleet *check, Buf *body)
{
    const char *prefix = check->settings->prefix;
    _cleanup_(buf_done) Buf key = {0};
    EtcdTxn txn;

    buf_printf(&key, "%scheck", prefix);
    etcd_txn_begin(&txn, body);
    etcd_txn_compare_created(&txn, buf_text(&key), 1);
    etcd_txn_then(&txn);
    etcd_txn_range_prefix(&txn, prefix);
    etcd_txn_delete_prefix(&txn, prefix);
    etcd_txn_else(&txn);
    etcd_txn_end(&txn);
    body->failed = body->failed || key.failed;
}

static int check_fleet_rights(CheckFleet *check)
{
    const FleetSettings *settings = check->settings;
    _cleanup_(buf_done) Buf body = {0};
    char text[1024];
    int r;

    if (check->answering == 0) {
        check_fleet_tell(check, STEP_RIGHTS, CHECK_UNTRIED, "it needs what failed above");
        return 0;
    }
    check_fleet_put_txn(check, &body);
    r = check_fleet_ask(check, check->endpoints, check->answering, "kv/txn", &body);
    if (r < 0)
        return r;
    if (check->result != ETCD_ANSWERED) {
        check_fleet_tell(check, STEP_RIGHTS, CHECK_FAILED, check->text);
        return 0;
    }
    snprintf(text, sizeof(text), "keys below %s may be read and written%s", settings->prefix,
             settings->cert_file || settings->user
                 ? ""
                 : " by whoever reaches etcd, which can approve plans and end pauses: let it ask "
                   "for certificates or for users");
    check_fleet_tell(check, STEP_RIGHTS, CHECK_OK, text);
    return 0;
}

/* ---- all of it ---- */

static int check_fleet_all(CheckFleet *check, const char *directory, Err *err)
{
    Err why = {0};
    int r = etcd_files_read(check->settings, directory, &check->files, &why);

    if (r == -ENOMEM)
        return err_memory(err);
    if (r < 0) {
        check_fleet_tell(check, STEP_FILES, CHECK_FAILED, why.text);
        check_fleet_tell(check, STEP_ETCD, CHECK_UNTRIED, "it needs what failed above");
        return 0;
    }
    check_fleet_tell(check, STEP_FILES, CHECK_OK, "each file can be read");
    r = sd_event_new(&check->event);
    if (r >= 0)
        r = http_new(check->event, &check->http);
    if (r >= 0)
        r = check_fleet_endpoints(check);
    if (r >= 0)
        r = check_fleet_rights(check);
    return r < 0 ? err_system(err, r, "cannot ask etcd") : 0;
}

int check_fleet(const Config *config, CheckTold told, void *userdata, Err *err)
{
    CheckFleet check = {.settings = config->fleet, .told = told, .userdata = userdata};
    int r = check.settings ? check_fleet_all(&check, config->directory, err) : 0;

    check_fleet_done(&check);
    return r;
}
