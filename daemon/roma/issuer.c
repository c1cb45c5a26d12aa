/* Issuers: see issuer.h. */
#include "daemon/roma/issuer.h"

#include "daemon/base/str.h"
#include "daemon/roma/agency.h"
#include "daemon/roma/login.h"

void issuer_on_wait(void *userdata, uint64_t wait_usec, uint32_t attempts, const Err *err)
{
    const Issuer *issuer = userdata;

    issuer->place.on_wait(issuer->place.userdata, wait_usec, attempts, err);
}

bool issuer_is_needed(AuthMethod method)
{
    return method == AUTH_PASSWORD || method == AUTH_AGENCY;
}

int issuer_new(const IssuerPlace *place, Issuer **ret_issuer, Err *err)
{
    return place->instance->auth.method == AUTH_PASSWORD ? login_new(place, ret_issuer, err)
                                                         : agency_new(place, ret_issuer, err);
}

void issuer_free(Issuer *issuer)
{
    if (issuer)
        issuer->kind->free(issuer);
}

int issuer_begin(Issuer *issuer, Err *err)
{
    return issuer->kind->begin(issuer, err);
}

void issuer_cancel(Issuer *issuer)
{
    issuer->kind->cancel(issuer);
}

uint64_t issuer_due_usec(const Issuer *issuer)
{
    return issuer->kind->due_usec(issuer);
}

void issuer_take_over(Issuer *issuer, Issuer *old)
{
    if (issuer->kind == old->kind)
        issuer->kind->take_over(issuer, old);
}

static bool issuer_is_same_text(const char *a, const char *b)
{
    return str_equal(a ? a : "", b ? b : "");
}

bool issuer_is_same(const Issuer *a, const Issuer *b)
{
    const Instance *x = a->place.instance, *y = b->place.instance;
    const struct {
        const char *x, *y;
    } texts[] = {
        {x->auth.iam_endpoint, y->auth.iam_endpoint},
        {x->auth.domain, y->auth.domain},
        {x->auth.user, y->auth.user},
        {x->auth.password_file, y->auth.password_file},
        {x->auth.project_name, y->auth.project_name},
        {x->auth.metadata_endpoint, y->auth.metadata_endpoint},
        {x->project_id, y->project_id},
        {x->ca_file, y->ca_file},
    };

    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        if (!issuer_is_same_text(texts[i].x, texts[i].y))
            return false;
    }
    return a->kind == b->kind;
}
