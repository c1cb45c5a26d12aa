/* SPDX-License-Identifier: MIT */
/* The metadata service of a host with an agency: temporary keys that rotate (API.md section 4.4).
 */
#include "tests/romasim/metadata.h"

#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/answer.h"
#include "tests/romasim/credentials.h"
#include "tests/romasim/timing.h"

/* A new set comes 10 minutes before the old one expires; both are good meanwhile. */
#define OVERLAP_SEC 600
#define LIFETIME_SEC 3600
#define SESSION_SEC_MAX 21600

static struct {
    bool is_there, has_v1, has_v2, is_bound;
    json_object *keys; /* served in turn; made up once they run out */
    int rotate_sec;    /* 0: never */
    uint64_t start_msec;
    size_t n_issued;
    char *access; /* the key that is served now */
    time_t expires_at;
    char *session;
    uint64_t session_until_msec;
} agency;

void metadata_load(JsonError *e, json_object *state)
{
    static const char *const keys[] = {"keys", "metadata", "rotate_seconds", NULL};
    json_object *o = jsonget_object(e, state, "agency");
    const char *version;

    if (!o)
        return;
    jsonget_only(e, o, "agency", keys);
    version = jsonget_string(e, o, "metadata");
    version = version ? version : "both";
    agency.is_there = strcmp(version, "none") != 0;
    agency.has_v1 = strcmp(version, "v1") == 0 || strcmp(version, "both") == 0;
    agency.has_v2 = strcmp(version, "v2") == 0 || strcmp(version, "both") == 0;
    if (agency.is_there && !agency.has_v1 && !agency.has_v2)
        jsonget_fail(e, "agency.metadata must be v1, v2, both or none");
    agency.keys = json_object_get(jsonget_array(e, o, "keys"));
    agency.is_bound = !agency.keys || json_object_array_length(agency.keys) > 0;
    agency.rotate_sec = jsonget_int(e, o, "rotate_seconds", 0);
    agency.start_msec = timing_now_msec();
    agency.n_issued = 0;
    if (agency.is_bound)
        metadata_rotate();
}

/* Puts the next key of the list, or a new one, in service. */
static void issue(void)
{
    json_object *o = agency.n_issued < jsonget_length(agency.keys)
                         ? json_object_array_get_idx(agency.keys, agency.n_issued)
                         : NULL;
    int lifetime = agency.rotate_sec > 0 ? agency.rotate_sec + OVERLAP_SEC : LIFETIME_SEC;
    char *access = model_new_id(), *secret = model_new_id(), *token = model_new_id();
    JsonError e = {0};
    const char *text;

    if ((text = jsonget_string(&e, o, "access"))) {
        free(access);
        access = alloc_copy(text);
    }
    if ((text = jsonget_string(&e, o, "secret"))) {
        free(secret);
        secret = alloc_copy(text);
    }
    if ((text = jsonget_string(&e, o, "security_token"))) {
        free(token);
        token = alloc_copy(text);
    }
    lifetime = jsonget_int(&e, o, "expires_in", lifetime);
    credentials_add_agency_key(access, secret, token, (uint64_t)(lifetime > 0 ? lifetime : 0));
    free(agency.access);
    agency.access = access;
    agency.expires_at = timing_wall() + lifetime;
    agency.n_issued++;
    free(secret);
    free(token);
    free(e.text);
}

void metadata_rotate(void)
{
    uint64_t wanted = 1;

    if (!agency.is_there || !agency.is_bound)
        return;
    if (agency.rotate_sec > 0)
        wanted += (timing_now_msec() - agency.start_msec) / ((uint64_t)agency.rotate_sec * 1000u);
    while (agency.n_issued < wanted)
        issue();
}

static void answer_plain(Request *r, int status, const char *text)
{
    Text t = {0};

    text_add(&t, text);
    answer_json(r, status, &t);
    r->answer.content_type = "text/plain";
}

static bool has_session(const Request *r, bool *ret_sent)
{
    const char *sent = request_header(r, "X-Metadata-Token");

    *ret_sent = sent != NULL;
    return sent && agency.session && strcmp(sent, agency.session) == 0 &&
           timing_now_msec() < agency.session_until_msec;
}

void metadata_show_key(Request *r)
{
    bool sent, good = has_session(r, &sent);
    char expires[32];
    const Key *k;
    Text t = {0};

    if (!agency.is_there) {
        answer_plain(r, 404, "404 Not Found");
    } else if (agency.has_v2 && !good && (sent || !agency.has_v1)) {
        answer_plain(r, 401, "401 Unauthorized: X-Metadata-Token is missing or invalid");
    } else if (!agency.is_bound) {
        answer_plain(r, 401,
                     "401 Unauthorized: a cloud service agency must be configured for the server");
    } else {
        metadata_rotate();
        k = credentials_find_key(agency.access);
        timing_rfc3339(agency.expires_at, expires, sizeof(expires));
        expires[19] = '\0';
        text_add(&t, "{\"credential\":{\"access\":");
        text_add_json(&t, k->access);
        text_add(&t, ",\"secret\":");
        text_add_json(&t, k->secret);
        text_add(&t, ",\"securitytoken\":");
        text_add_json(&t, k->security_token);
        text_addf(&t, ",\"expires_at\":\"%s.678900Z\"}}", expires);
        answer_json(r, 200, &t);
    }
}

void metadata_create_token(Request *r)
{
    const char *ttl = request_header(r, "X-Metadata-Token-Ttl-Seconds");
    long seconds =
        ttl && ttl[0] && ttl[strspn(ttl, "0123456789")] == '\0' ? strtol(ttl, NULL, 10) : 0;

    if (!agency.is_there) {
        answer_plain(r, 404, "404 Not Found");
    } else if (!agency.has_v2) {
        answer_plain(r, 405, "405 Method Not Allowed");
    } else if (seconds < 1 || seconds > SESSION_SEC_MAX) {
        answer_plain(r, 400, "400 Bad Request: X-Metadata-Token-Ttl-Seconds");
    } else {
        free(agency.session);
        agency.session = model_new_id();
        agency.session_until_msec = timing_now_msec() + (uint64_t)seconds * 1000u;
        answer_plain(r, 200, agency.session);
    }
}
