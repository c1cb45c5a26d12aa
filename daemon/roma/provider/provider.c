/* SPDX-License-Identifier: MIT */
#include "daemon/roma/provider/provider.h"

#include "daemon/base/str.h"
#include "daemon/roma/provider/provider_iam.h"
#include "daemon/roma/provider/provider_metadata.h"

void provider_on_wait(void *userdata, uint64_t wait_usec, uint32_t attempts, const Err *err)
{
    const Provider *provider = userdata;

    provider->context.on_wait(provider->context.userdata, wait_usec, attempts, err);
}

bool provider_is_needed(AuthMethod method)
{
    return method == AUTH_PASSWORD || method == AUTH_AGENCY;
}

int provider_new(const ProviderContext *context, Provider **ret_provider, Err *err)
{
    return context->instance->auth.method == AUTH_PASSWORD
               ? provider_iam_new(context, ret_provider, err)
               : provider_metadata_new(context, ret_provider, err);
}

void provider_free(Provider *provider)
{
    if (provider)
        provider->kind->free(provider);
}

int provider_begin(Provider *provider, Err *err)
{
    return provider->kind->begin(provider, err);
}

void provider_cancel(Provider *provider)
{
    provider->kind->cancel(provider);
}

uint64_t provider_due_usec(const Provider *provider)
{
    return provider->kind->due_usec(provider);
}

void provider_take_over(Provider *provider, Provider *old)
{
    if (provider->kind == old->kind)
        provider->kind->take_over(provider, old);
}

static bool provider_is_same_text(const char *a, const char *b)
{
    return str_equal(a ? a : "", b ? b : "");
}

bool provider_is_same(const Provider *a, const Provider *b)
{
    const Instance *x = a->context.instance, *y = b->context.instance;
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
        if (!provider_is_same_text(texts[i].x, texts[i].y))
            return false;
    }
    return a->kind == b->kind;
}
