/* SPDX-License-Identifier: MIT */
#include "daemon/roma/auth/lockout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "daemon/base/aside.h"
#include "daemon/base/clock.h"
#include "daemon/base/str.h"

#define CODE_LOCKED "IAM.0061"

/* A user is locked for so long, unless the account's policy says otherwise; asking earlier would be
 * in vain. */
#define LOCK_USEC (15 * USEC_PER_MINUTE)

int lockout_init(Lockouts *lockouts, const Auth *auth, const LockoutStore *kept_in)
{
    *lockouts = (Lockouts){.kept_in = kept_in};
    buf_printf(&lockouts->subject, "%s %s/%s", auth->iam_endpoint, auth->domain, auth->user);
    return buf_failed(&lockouts->subject) < 0 ? -ENOMEM : 0;
}

void lockout_done(Lockouts *lockouts)
{
    secret_free(lockouts->password);
    buf_done(&lockouts->subject);
    *lockouts = (Lockouts){0};
}

void lockout_note_file(Lockouts *lockouts, const char *path)
{
    struct stat status;

    lockouts->mark[0] = '\0';
    if (aside_stat(path, &status) < 0)
        return;
    snprintf(lockouts->mark, sizeof(lockouts->mark), "%jx:%jx:%jd.%09ld:%jd.%09ld",
             (uintmax_t)status.st_dev, (uintmax_t)status.st_ino, (intmax_t)status.st_mtim.tv_sec,
             status.st_mtim.tv_nsec, (intmax_t)status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
}

static int lockout_tell_lock(const Err *said, uint64_t left_usec, Err *err)
{
    char duration[32];

    clock_format_duration(left_usec, duration, sizeof(duration));
    *err = *said;
    return err_context(err, -EACCES, "no login for another %s, the user is locked", duration);
}

/* Refuses what IAM refused in an earlier run. A clock that was set back does not prolong a lock. */
static int lockout_check_kept(const Lockouts *lockouts, Err *err)
{
    const LockoutStore *kept_in = lockouts->kept_in;
    char refused[CLOCK_RFC3339_SIZE];
    uint64_t now_usec;
    Lockout kept;

    if (!kept_in->recall ||
        kept_in->recall(kept_in->userdata, buf_text(&lockouts->subject), &kept) <= 0)
        return 0;
    now_usec = clock_realtime_usec(); /* after recall, which gives the present for what is over */
    if (kept.until_usec > now_usec && kept.until_usec - now_usec <= LOCK_USEC)
        return lockout_tell_lock(&kept.said, kept.until_usec - now_usec, err);
    if (kept.until_usec != 0 || str_is_empty(lockouts->mark) ||
        !str_equal(kept.mark, lockouts->mark))
        return 0;
    clock_format_rfc3339(kept.refused_usec, refused);
    *err = kept.said;
    return err_context(err, -EACCES,
                       "no login, password_file is as it was when IAM refused it at %s (touch it "
                       "to have it tried once more)",
                       refused);
}

int lockout_check(Lockouts *lockouts, const Secret *password, Err *err)
{
    uint64_t now_usec = clock_monotonic_usec();

    if (now_usec < lockouts->locked_until_usec)
        return lockout_tell_lock(&lockouts->said, lockouts->locked_until_usec - now_usec, err);
    if (!lockouts->password)
        return lockout_check_kept(lockouts, err);
    if (!secret_equal(lockouts->password, password)) {
        secret_free(lockouts->password);
        lockouts->password = NULL;
        return 0;
    }
    *err = lockouts->said;
    return err_context(err, -EACCES, "no login, password_file still holds what was refused");
}

/* Some of IAM's deployments say it in words alone. */
static bool lockout_is_lock(const Err *said)
{
    return str_equal(said->code, CODE_LOCKED) ||
           (!strchr(said->code, '.') && strcasestr(said->text, "locked"));
}

static bool lockout_keep(const Lockouts *lockouts, bool is_lock)
{
    const LockoutStore *kept_in = lockouts->kept_in;
    uint64_t now_usec = clock_realtime_usec();
    Lockout lockout = {
        .until_usec = is_lock ? now_usec + LOCK_USEC : 0,
        .refused_usec = now_usec,
        .said = lockouts->said,
    };

    str_copy(lockout.mark, sizeof(lockout.mark), lockouts->mark);
    return kept_in->keep &&
           kept_in->keep(kept_in->userdata, buf_text(&lockouts->subject), &lockout) >= 0;
}

static void lockout_advise(Err *said, const char *advice)
{
    if (strlen(said->text) + strlen(advice) < sizeof(said->text))
        strcat(said->text, advice);
}

const Err *lockout_add(Lockouts *lockouts, const Secret *password, const Err *said)
{
    bool is_lock = lockout_is_lock(said);
    bool is_kept;

    lockouts->said = *said;
    is_kept = lockout_keep(lockouts, is_lock);
    if (is_lock) {
        lockouts->locked_until_usec = clock_monotonic_usec() + LOCK_USEC;
        lockout_advise(&lockouts->said, "; not tried again for 15 minutes");
        return &lockouts->said;
    }
    secret_free(lockouts->password);
    lockouts->password = secret_new_copy(secret_bytes(password), secret_size(password));
    lockout_advise(&lockouts->said,
                   is_kept ? "; not tried again until password_file holds another password"
                           : "; not tried again by this run, but nothing keeps the next one from "
                             "it: five refusals lock the user");
    return &lockouts->said;
}

void lockout_take_over(Lockouts *lockouts, Lockouts *old)
{
    if (!str_equal(buf_text(&lockouts->subject), buf_text(&old->subject)))
        return;
    secret_free(lockouts->password);
    lockouts->password = TAKE_PTR(old->password);
    lockouts->locked_until_usec = old->locked_until_usec;
    lockouts->said = old->said;
}
