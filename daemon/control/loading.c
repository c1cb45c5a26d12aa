/* SPDX-License-Identifier: MIT */
#include "daemon/control/loading.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/control/reply.h"

struct Loading {
    Loading *next;
    Control *control;
    ServerRequest *request;
    char *channel;
    LoadingThen then;
};

static void loading_drop(Loading *loading)
{
    Loading **at = &loading->control->loadings;

    while (*at != loading) {
        assert(*at);
        at = &(*at)->next;
    }
    *at = loading->next;
    free(loading->channel);
    free(loading);
}

static void loading_on_loaded(void *waiter, int result, const char *errors)
{
    Loading *loading = waiter;

    if (result == 0)
        loading->then(loading->control, loading->request, loading->channel);
    else if (result == -EINVAL)
        reply_refuse(loading->request, 422, errors);
    else if (result == -ETIMEDOUT)
        reply_refuse(loading->request, 503, errors);
    else
        reply_refuse(loading->request, 503, "rosterd is ending");
    loading_drop(loading);
}

int loading_begin(Control *control, ServerRequest *request, const char *channel, LoadingThen then,
                  Err *err)
{
    Loading *loading = calloc(1, sizeof(*loading));
    int r;

    if (!loading)
        return err_memory(err);
    *loading = (Loading){
        .next = control->loadings,
        .control = control,
        .request = request,
        .channel = channel ? strdup(channel) : NULL,
        .then = then,
    };
    control->loadings = loading;
    if (channel && !loading->channel) {
        loading_drop(loading);
        return err_memory(err);
    }
    if (!control->loader.load) {
        loading_on_loaded(loading, 0, "");
        return 0;
    }
    r = control->loader.load(control->loader.userdata, loading_on_loaded, loading);
    if (r < 0) {
        loading_drop(loading);
        return err_memory(err);
    }
    return 0;
}

void loading_end_all(Control *control)
{
    while (control->loadings) {
        if (control->loader.cancel)
            control->loader.cancel(control->loader.userdata, control->loadings);
        reply_refuse(control->loadings->request, 503, "rosterd is ending");
        loading_drop(control->loadings);
    }
}
