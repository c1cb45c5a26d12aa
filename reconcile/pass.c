/* The pass: see pass.h. */
#include "reconcile/pass.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "reconcile/channel.h"
#include "reconcile/retry.h"

typedef struct InstancePass {
    Pass *pass;
    Dispatch dispatch;
    Catalog catalog;
    Listing listing;
    Call call;         /* for the channel list */
    size_t *channels;  /* indexes into Pass.channels */
    CatalogRow **rows; /* what each resolved to; NULL: it did not */
    size_t channel_count;
    size_t next; /* the first of them not started */
    bool is_resolved;
} InstancePass;

struct Pass {
    const Config *config;
    const Ops *ops;
    void *context;
    uint64_t deadline_usec;
    InstancePass *instances;
    ChannelPass *channels; /* one for each of the configuration, in its order */
    size_t open_count;     /* channels that are not done */
    Report report;
};

/* ---- making ---- */

static void pass_fill_channel(Pass *pass, size_t index)
{
    const RosterChannel *roster = &pass->config->channels[index];
    ChannelReport *report = &pass->report.channels[index];
    ChannelPass *channel = &pass->channels[index];

    *report = (ChannelReport){
        .channel = roster,
        .instance_name = pass->config->instances[roster->instance].name,
        .name = roster->name,
        .id = roster->id,
    };
    *channel = (ChannelPass){
        .config = pass->config,
        .ops = pass->ops,
        .context = pass->context,
        .pass_id = pass->report.pass_id,
        .dry_run = pass->report.dry_run,
        .dispatch = &pass->instances[roster->instance].dispatch,
        .report = report,
        .roster = roster,
        .open_count = &pass->open_count,
    };
}

static int pass_fill_instance(Pass *pass, size_t index)
{
    InstancePass *instance = &pass->instances[index];
    size_t count = 0;

    instance->pass = pass;
    for (size_t i = 0; i < pass->config->channel_count; i++)
        count += pass->config->channels[i].instance == index;
    instance->channels = calloc(count ? count : 1, sizeof(*instance->channels));
    instance->rows = calloc(count ? count : 1, sizeof(CatalogRow *));
    if (!instance->channels || !instance->rows)
        return -ENOMEM;
    for (size_t i = 0; i < pass->config->channel_count; i++) {
        if (pass->config->channels[i].instance == index)
            instance->channels[instance->channel_count++] = i;
    }
    return dispatch_init(&instance->dispatch, pass->config, pass->ops, pass->context, index,
                         pass->report.pass_id);
}

int pass_new(const Config *config, const Ops *ops, void *context, const char *pass_id, bool dry_run,
             Pass **ret_pass)
{
    _cleanup_(pass_freep) Pass *pass = calloc(1, sizeof(*pass));
    size_t channel_count = config->channel_count;

    if (!pass)
        return -ENOMEM;
    pass->config = config;
    pass->ops = ops;
    pass->context = context;
    pass->report = (Report){.pass_id = pass_id, .dry_run = dry_run};
    pass->instances = calloc(config->instance_count, sizeof(*pass->instances));
    pass->channels = calloc(channel_count ? channel_count : 1, sizeof(*pass->channels));
    pass->report.channels =
        calloc(channel_count ? channel_count : 1, sizeof(*pass->report.channels));
    if (!pass->instances || !pass->channels || !pass->report.channels)
        return -ENOMEM;
    pass->report.channel_count = channel_count;
    pass->open_count = channel_count;
    for (size_t i = 0; i < config->instance_count; i++) {
        if (pass_fill_instance(pass, i) < 0)
            return -ENOMEM;
    }
    for (size_t i = 0; i < channel_count; i++)
        pass_fill_channel(pass, i);
    *ret_pass = TAKE_PTR(pass);
    return 0;
}

void pass_free(Pass *pass)
{
    if (!pass)
        return;
    for (size_t i = 0; pass->channels && i < pass->report.channel_count; i++)
        channel_done(&pass->channels[i]);
    for (size_t i = 0; pass->report.channels && i < pass->report.channel_count; i++)
        report_channel_done(&pass->report.channels[i]);
    for (size_t i = 0; pass->instances && i < pass->config->instance_count; i++) {
        dispatch_done(&pass->instances[i].dispatch);
        catalog_done(&pass->instances[i].catalog);
        free(pass->instances[i].channels);
        free(pass->instances[i].rows);
    }
    free(pass->channels);
    free(pass->report.channels);
    free(pass->instances);
    free(pass);
}

/* ---- an instance's channel list ---- */

static ChannelPass *instance_channel(const InstancePass *instance, size_t number)
{
    return &instance->pass->channels[instance->channels[number]];
}

static void instance_end_all(InstancePass *instance, Result result, const Err *err)
{
    instance->is_resolved = true;
    for (; instance->next < instance->channel_count; instance->next++)
        channel_end(instance_channel(instance, instance->next), result, err);
}

static void instance_ask(InstancePass *instance, uint64_t delay_usec)
{
    instance->call.request.offset = instance->listing.rows;
    dispatch_begin(&instance->dispatch, &instance->call, delay_usec);
}

/* Resolves every entry first: one that shares its channel with another must know before it starts.
 */
static void instance_resolve(InstancePass *instance)
{
    for (size_t i = 0; i < instance->channel_count; i++) {
        ChannelPass *channel = instance_channel(instance, i);
        Err err = {0};

        instance->rows[i] = catalog_claim(&instance->catalog, channel->roster, &err);
        if (!instance->rows[i])
            channel_end(channel, RESULT_FAILED, &err);
    }
    for (size_t i = 0; i < instance->channel_count; i++) {
        ChannelPass *channel = instance_channel(instance, i);
        Err err = {0};

        if (!instance->rows[i] || instance->rows[i]->claims == 1)
            continue;
        err_set(&err, -EEXIST,
                "%zu entries of the rosters mean this channel (%s, %s): keep one of them (%s:%zu)",
                instance->rows[i]->claims, instance->rows[i]->channel.name,
                instance->rows[i]->channel.id, channel->roster->file, channel->roster->line);
        channel_end(channel, RESULT_FAILED, &err);
    }
    instance->is_resolved = true;
}

static ListingStep instance_take_page(InstancePass *instance, const ChannelPage *page, Err *err)
{
    int r = catalog_add_page(&instance->catalog, page, err);

    if (r == -ENOMEM)
        return LISTING_FAILED;
    if (r < 0)
        return listing_on_odd_page(&instance->listing, err);
    return listing_on_page(&instance->listing, page->total, page->row_count, err);
}

static void instance_on_step(InstancePass *instance, ListingStep step, const Err *err)
{
    const Pass *pass = instance->pass;
    const Retry *law = &pass->config->retry;

    switch (step) {
    case LISTING_MORE:
        instance_ask(instance, 0);
        return;
    case LISTING_WHOLE:
        instance_resolve(instance);
        return;
    case LISTING_AGAIN:
        catalog_reset(&instance->catalog);
        instance_ask(instance,
                     retry_delay_usec(law->base_usec, law->cap_usec, instance->listing.tries - 2,
                                      pass->ops->random(pass->context)));
        return;
    case LISTING_FAILED:
        instance_end_all(instance, RESULT_FAILED, err);
        return;
    }
}

static void instance_on_page(Call *call, CallEnd end, const Answer *answer, const Err *err)
{
    InstancePass *instance = call->owner;
    Err why = *err;

    switch (end) {
    case CALL_DONE:
        instance_on_step(instance, instance_take_page(instance, answer->channels, &why), &why);
        return;
    case CALL_ODD:
        instance_on_step(instance, listing_on_odd_page(&instance->listing, &why), &why);
        return;
    case CALL_STOPPED:
        instance_end_all(instance, RESULT_DRIFT, err);
        return;
    case CALL_GONE:
    case CALL_FAILED:
    case CALL_CHANNEL:
    case CALL_INSTANCE:
        instance_end_all(instance, RESULT_FAILED, err);
        return;
    }
}

static void instance_start(InstancePass *instance, size_t index)
{
    instance->call = (Call){
        .request =
            {
                .kind = REQUEST_LIST_CHANNELS,
                .instance = index,
                .limit = LISTING_PAGE_SIZE,
                .tag = &instance->call,
            },
        .doing = "reading the list of channels",
        .on_end = instance_on_page,
        .owner = instance,
    };
    listing_begin(&instance->listing);
    instance_ask(instance, 0);
}

/* ---- driving ---- */

/* Sends after each start: a request that cannot even be sent gives its place back at once, and no
 * answer would come to start the next channel. */
static void instance_pump(InstancePass *instance)
{
    dispatch_pump(&instance->dispatch);
    while (instance->is_resolved && instance->next < instance->channel_count &&
           dispatch_has_place(&instance->dispatch)) {
        size_t number = instance->next++;
        ChannelPass *channel = instance_channel(instance, number);

        if (!channel->is_done)
            channel_start(channel, &instance->rows[number]->channel);
        dispatch_pump(&instance->dispatch);
    }
}

static void pass_pump(Pass *pass)
{
    uint64_t next_usec = pass->deadline_usec;

    for (size_t i = 0; i < pass->config->instance_count; i++) {
        InstancePass *instance = &pass->instances[i];
        uint64_t instance_usec;

        instance_pump(instance);
        instance_usec = dispatch_next_usec(&instance->dispatch);
        next_usec = instance_usec < next_usec ? instance_usec : next_usec;
    }
    pass->ops->wake_at(pass->context, pass_is_done(pass) ? USEC_NEVER : next_usec);
}

void pass_start(Pass *pass)
{
    pass->deadline_usec =
        pass->ops->now_usec(pass->context) + pass->config->limits.pass_deadline_usec;
    for (size_t i = 0; i < pass->config->instance_count; i++) {
        if (pass->instances[i].channel_count > 0)
            instance_start(&pass->instances[i], i);
    }
    pass_pump(pass);
}

void pass_on_answer(Pass *pass, void *tag, const Answer *answer)
{
    Call *call = tag;

    dispatch_on_answer(&pass->instances[call->request.instance].dispatch, call, answer);
    pass_pump(pass);
}

void pass_on_renewed(Pass *pass, size_t instance, Renewal renewal, const Err *err)
{
    dispatch_on_renewed(&pass->instances[instance].dispatch, renewal, err);
    pass_pump(pass);
}

void pass_stop(Pass *pass, const char *why)
{
    pass->deadline_usec = USEC_NEVER;
    for (size_t i = 0; i < pass->config->instance_count; i++)
        dispatch_stop(&pass->instances[i].dispatch, why);
    pass_pump(pass);
}

void pass_abandon(Pass *pass, const char *why)
{
    pass_stop(pass, why);
    for (size_t i = 0; i < pass->config->instance_count; i++) {
        if (pass->instances[i].call.is_in_flight)
            dispatch_abandon(&pass->instances[i].dispatch, &pass->instances[i].call);
    }
    for (size_t i = 0; i < pass->report.channel_count; i++) {
        ChannelPass *channel = &pass->channels[i];

        if (!channel->is_done && channel->call.is_in_flight)
            dispatch_abandon(channel->dispatch, &channel->call);
    }
    pass_pump(pass);
}

void pass_on_wake(Pass *pass)
{
    char span[32], why[96];

    if (pass->ops->now_usec(pass->context) < pass->deadline_usec) {
        pass_pump(pass);
        return;
    }
    clock_format_span(pass->config->limits.pass_deadline_usec, span, sizeof(span));
    snprintf(why, sizeof(why), "the pass's deadline of %s came first", span);
    pass_stop(pass, why);
}

bool pass_is_done(const Pass *pass)
{
    return pass->open_count == 0;
}

const Report *pass_get_report(const Pass *pass)
{
    return &pass->report;
}
