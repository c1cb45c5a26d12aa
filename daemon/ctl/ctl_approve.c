/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/digest.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/cli/exit_status.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/json/json.h"
#include "daemon/report/channel_text.h"
#include "daemon/report/page.h"
#include "daemon/report/row.h"

static int ctl_approve_show(json_object *root, bool colour, Buf *buf)
{
    const Page page = {.buf = buf, .colour = colour};
    char name[512];

    row_channel(root, name, sizeof(name));
    if (row_text(root, "instance")[0])
        page_printf(&page,
                    "approved: the next pass may carry out exactly this plan of %s, once, within "
                    "24 h",
                    name);
    else
        page_puts(&page,
                  "approved, but no plan of the last passes has this digest: it lets nothing "
                  "pass unless a pass within 24 h comes to exactly this plan");
    if (row_is_true(root, "dry_run"))
        page_puts(&page,
                  "; this rosterd is in dry run: it deletes nothing, and the approval is for "
                  "this run only");
    page_newline(&page);
    return buf_failed(buf);
}

/* Takes the whole digest out of what is known; how many plans fit. */
static size_t ctl_approve_find(json_object *known, char ret_digest[static DIGEST_HEX_SIZE])
{
    const char *const lists[] = {"channels", "instances"};
    size_t count = 0;

    for (size_t k = 0; k < ELEMENTS(lists); k++) {
        for (size_t i = 0; i < row_count(known, lists[k]); i++) {
            const char *digest = row_text(row_at(known, lists[k], i), "digest");

            if (strlen(digest) != DIGEST_HEX_SIZE - 1 || !str_has_prefix(digest, ret_digest))
                continue;
            count++;
            str_copy(ret_digest, DIGEST_HEX_SIZE, digest);
        }
    }
    return count;
}

/* What the approval lets pass. */
static int ctl_approve_preview(json_object *known, FILE *file)
{
    _cleanup_(buf_done) Buf buf = {0};
    const Page page = {.buf = &buf};

    for (size_t i = 0; i < row_count(known, "channels"); i++)
        channel_text_append(&page, row_at(known, "channels", i), false, false);
    if (buf_failed(&buf) < 0)
        return ctl_no_memory();
    fwrite(buf_text(&buf), 1, buf.size, file);
    fflush(file);
    return EXIT_IN_SYNC;
}

/* Nobody is asked where there is no terminal. */
static bool ctl_approve_is_confirmed(const Options *options)
{
    char answer[16];

    if (options->yes || isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1)
        return true;
    fputs("Let exactly this pass its guards, once? [y/N] ", stderr);
    return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int ctl_approve_check(const Options *options, json_object *known,
                             char digest[static DIGEST_HEX_SIZE])
{
    bool is_whole = strlen(digest) == DIGEST_HEX_SIZE - 1;
    size_t count = ctl_approve_find(known, digest);

    if (!is_whole && count != 1)
        return ctl_say(EXIT_FAILED, count ? "approve: the prefix fits several plans: give more of "
                                            "the digest"
                                          : "approve: the prefix fits no plan that rosterd knows");
    if (count > 0 && ctl_approve_preview(known, options->json ? stderr : stdout) != EXIT_IN_SYNC)
        return EXIT_FAILED;
    if (count > 0 && !ctl_approve_is_confirmed(options))
        return ctl_say(EXIT_FAILED, "not approved");
    return EXIT_IN_SYNC;
}

static int ctl_approve_send(const Options *options, const char *digest)
{
    json_object *request = json_new_object(), *root = NULL;
    Err err = {0};
    int status, r;

    json_put_text(request, "digest", digest);
    r = ctl_post(options, "/v1/approve", request, &root, &err);
    if (r < 0)
        return ctl_fail(r, &err);
    status = ctl_print_answer(options, root, ctl_approve_show);
    json_object_put(root);
    return status;
}

int ctl_approve(const Options *options)
{
    char digest[DIGEST_HEX_SIZE], target[DIGEST_HEX_SIZE + 32];
    json_object *known = NULL;
    Err err = {0};
    int status, r;

    str_copy(digest, sizeof(digest), options->digest);
    snprintf(target, sizeof(target), "/v1/status?digest=%s", digest);
    r = ctl_get(options, target, &known, &err);
    if (r < 0)
        return ctl_fail(r, &err);
    status = ctl_approve_check(options, known, digest);
    json_object_put(known);
    return status == EXIT_IN_SYNC ? ctl_approve_send(options, digest) : status;
}
