/* Keeping a credential: see keeper.h. */
#include "daemon/roma/keeper.h"

#include <errno.h>

struct Keeper {
    const Auth *auth;
    const char *directory;
    KeeperOnRenewed on_renewed;
    void *userdata;
    Credential *credential;
    sd_event_source *renewing; /* runs once */
    bool is_renewing;
};

static int keeper_on_renew(sd_event_source *source, void *userdata)
{
    _cleanup_(credential_unrefp) Credential *fresh = NULL;
    Keeper *keeper = userdata;
    Err err = {0};
    Renewal renewal = RENEWAL_DONE;

    (void)source;
    keeper->is_renewing = false;
    if (credential_load(keeper->auth, keeper->directory, &fresh, &err) < 0)
        renewal = RENEWAL_FAILED;
    else if (credential_equal(fresh, keeper->credential))
        renewal = RENEWAL_UNCHANGED;
    else {
        credential_unref(keeper->credential);
        keeper->credential = TAKE_PTR(fresh);
    }
    keeper->on_renewed(keeper->userdata, renewal, &err);
    return 0;
}

static int keeper_add_source(Keeper *keeper, sd_event *event, Err *err)
{
    int r = sd_event_add_defer(event, &keeper->renewing, keeper_on_renew, keeper);

    if (r >= 0)
        r = sd_event_source_set_enabled(keeper->renewing, SD_EVENT_OFF);
    return r < 0 ? err_system(err, r, "cannot set up the event loop") : 0;
}

int keeper_new(sd_event *event, const Auth *auth, const char *directory, KeeperOnRenewed on_renewed,
               void *userdata, Keeper **ret_keeper, Err *err)
{
    _cleanup_(keeper_freep) Keeper *keeper = calloc(1, sizeof(*keeper));
    int r;

    if (!keeper)
        return err_memory(err);
    keeper->auth = auth;
    keeper->directory = directory;
    keeper->on_renewed = on_renewed;
    keeper->userdata = userdata;
    r = credential_load(auth, directory, &keeper->credential, err);
    if (r >= 0)
        r = keeper_add_source(keeper, event, err);
    if (r < 0)
        return r;
    *ret_keeper = TAKE_PTR(keeper);
    return 0;
}

void keeper_free(Keeper *keeper)
{
    if (!keeper)
        return;
    sd_event_source_disable_unref(keeper->renewing);
    credential_unref(keeper->credential);
    free(keeper);
}

Credential *keeper_get(const Keeper *keeper)
{
    return keeper->credential;
}

int keeper_renew(Keeper *keeper)
{
    int r;

    if (keeper->is_renewing)
        return -EALREADY;
    r = sd_event_source_set_enabled(keeper->renewing, SD_EVENT_ONESHOT);
    if (r < 0)
        return r;
    keeper->is_renewing = true;
    return 0;
}

void keeper_cancel(Keeper *keeper)
{
    if (!keeper || !keeper->is_renewing)
        return;
    sd_event_source_set_enabled(keeper->renewing, SD_EVENT_OFF);
    keeper->is_renewing = false;
}
