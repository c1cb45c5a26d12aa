/* SPDX-License-Identifier: MIT */
#include "daemon/fleet/etcd_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Keys a page; fewer where an answer was too big. */
#define PAGE_FIRST 512
#define PAGE_SHRINKS 8

struct EtcdList {
    Etcd *etcd;
    const EtcdListOps *ops;
    void *userdata;
    uint64_t timeout_usec;
    Buf from, to;
    uint64_t page_size, revision;
    EtcdCall *call;
};

static int list_ask(EtcdList *list);

static void list_end(EtcdList *list, EtcdResult result, const char *message)
{
    list->ops->on_end(list->userdata, result, list->revision, message);
}

/* The next page begins behind the last key: with the key that follows it, which ends with a byte
 * more. As a text that is one of the lowest bytes that our keys may hold. */
static int list_go_on(EtcdList *list, const EtcdFound *found)
{
    buf_reset(&list->from);
    buf_puts(&list->from, found->keys[found->count - 1].key);
    buf_puts(&list->from, "\x01");
    return buf_failed(&list->from) < 0 ? -ENOMEM : list_ask(list);
}

static void list_on_page(EtcdList *list, const Json *root)
{
    Arena arena = {0};
    EtcdFound found;
    Err err = {0};
    int r = etcd_read_range(root, &arena, &found,
                            list->revision == 0 ? &list->revision : &(uint64_t){0}, &err);

    if (r == 0)
        r = list->ops->on_keys(list->userdata, &found);
    if (r == 0 && found.has_more) {
        r = list_go_on(list, &found);
        if (r >= 0) {
            arena_done(&arena);
            return;
        }
    }
    arena_done(&arena);
    if (r < 0)
        list_end(list, ETCD_UNANSWERED, err_is_set(&err) ? err.text : "out of memory");
    else
        list_end(list, ETCD_ANSWERED, "");
}

static void list_on_answer(void *userdata, const EtcdAnswer *answer)
{
    EtcdList *list = userdata;

    list->call = NULL;
    if (answer->result == ETCD_ANSWERED) {
        list_on_page(list, answer->root);
        return;
    }
    if (answer->result == ETCD_REFUSED && answer->code == ETCD_CODE_EXHAUSTED &&
        list->page_size > 1) {
        list->page_size /= PAGE_SHRINKS;
        if (list_ask(list) >= 0)
            return;
    }
    list_end(list, answer->result, answer->message);
}

static int list_ask(EtcdList *list)
{
    _cleanup_(buf_done) Buf body = {0};

    etcd_put_range(&body, buf_text(&list->from), buf_text(&list->to), list->page_size,
                   list->revision);
    return buf_failed(&body) < 0 ? -ENOMEM
                                 : etcd_call(list->etcd, "kv/range", &body, list->timeout_usec,
                                             list_on_answer, list, &list->call);
}

int etcd_list_new(Etcd *etcd, const char *from, const char *to, uint64_t timeout_usec,
                  const EtcdListOps *ops, void *userdata, EtcdList **ret_list)
{
    _cleanup_(etcd_list_freep) EtcdList *list = calloc(1, sizeof(*list));
    int r;

    if (!list)
        return -ENOMEM;
    list->etcd = etcd;
    list->ops = ops;
    list->userdata = userdata;
    list->timeout_usec = timeout_usec;
    list->page_size = PAGE_FIRST;
    buf_puts(&list->from, from);
    buf_puts(&list->to, to);
    r = buf_failed(&list->from) < 0 || buf_failed(&list->to) < 0 ? -ENOMEM : list_ask(list);
    if (r < 0)
        return r;
    *ret_list = TAKE_PTR(list);
    return 0;
}

void etcd_list_free(EtcdList *list)
{
    if (!list)
        return;
    if (list->call)
        etcd_cancel(list->call);
    buf_done(&list->from);
    buf_done(&list->to);
    free(list);
}
