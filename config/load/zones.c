/* SPDX-License-Identifier: MIT */
#include "config/load/zones.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/base/aside.h"
#include "daemon/base/digest.h"
#include "daemon/base/file.h"
#include "daemon/base/str.h"

/* What a zone means is compared between these: 2020 and 2100. A new tz database that moves nothing
 * within them is no other configuration. */
#define COMPARE_FROM INT64_C(1577836800)
#define COMPARE_TO INT64_C(4102444800)

static const char *zones_text(Build *build, const char *what, const char *path, const char *why)
{
    _cleanup_(buf_done) Buf text = {0};
    const char *kept;

    buf_printf(&text, "%s%s%s", path, what, why);
    kept = buf_failed(&text) < 0 ? NULL : arena_string(&build->arena, buf_text(&text));
    if (!kept)
        problems_memory(build->problems);
    return kept;
}

static int zones_take_canonical(BuildZone *zone)
{
    _cleanup_(buf_done) Buf canonical = {0};

    zone_put(&zone->zone, COMPARE_FROM, COMPARE_TO, &canonical);
    return buf_failed(&canonical) < 0
               ? -ENOMEM
               : digest_sha256_hex(buf_text(&canonical), canonical.size, zone->canonical);
}

/* Reads the file, which was looked at already. */
static void zones_read_file(Build *build, BuildZone *zone)
{
    _cleanup_(buf_done) Buf bytes = {0};
    const char *why = NULL;
    int r = zone->error ? -zone->error : file_read(zone->path, ZONE_FILE_SIZE_MAX, &bytes, NULL);

    if (r == -EINVAL)
        zone->why = zones_text(build, "", zone->path, " is not a regular file");
    else if (r < 0)
        zone->why = zones_text(build, ": ", zone->path, err_reason(-r));
    else if (zone_read(buf_text(&bytes), bytes.size, &build->arena, &zone->zone, &why) == -EINVAL)
        zone->why = zones_text(build, ": ", zone->path, why);
}

static BuildZone *zones_make(Build *build, const char *name)
{
    BuildZone *zone = arena_alloc(&build->arena, sizeof(*zone));
    struct stat status = {0};

    if (!zone)
        return NULL;
    *zone = (BuildZone){.name = arena_string(&build->arena, name), .zone = zone_utc};
    if (!zone->name)
        return NULL;
    if (!str_equal(name, "UTC")) {
        zone->path = zones_text(build, "/", ZONES_DIRECTORY, name);
        if (!zone->path)
            return NULL;
        aside_touch(zone->path);
        zone->error = stat(zone->path, &status) < 0 ? errno : 0;
        zone->status = status;
        zones_read_file(build, zone);
    }
    return zones_take_canonical(zone) < 0 ? NULL : zone;
}

const BuildZone *zones_find(Build *build, const char *name, const char **ret_why)
{
    BuildZone **end = &build->zones;

    *ret_why = NULL;
    if (!zone_is_name(name)) {
        *ret_why = "no file of " ZONES_DIRECTORY " has such a name";
        return NULL;
    }
    while (*end && !str_equal((*end)->name, name))
        end = &(*end)->next;
    if (!*end) {
        *end = zones_make(build, name);
        if (!*end) {
            problems_memory(build->problems);
            return NULL;
        }
    }
    *ret_why = (*end)->why;
    return (*end)->why ? NULL : *end;
}

int zones_tell_sources(const Build *build, Sources *sources)
{
    int r = 0;

    for (const BuildZone *zone = build->zones; zone && r == 0; zone = zone->next) {
        if (!zone->path)
            continue;
        r = sources_add_zone(sources, zone->path);
        if (r == 0)
            r = zone->error ? sources_add_missing(sources, zone->path, zone->error)
                            : sources_add(sources, zone->path, &zone->status);
    }
    return r;
}

int zones_look(const Sources *before, Sources *ret_now)
{
    int r = 0;

    for (size_t i = 0; i < before->zone_count && r == 0; i++) {
        const char *path = before->zones[i];
        struct stat status;

        aside_touch(path);
        r = sources_add_zone(ret_now, path);
        if (r == 0)
            r = stat(path, &status) < 0 ? sources_add_missing(ret_now, path, errno)
                                        : sources_add(ret_now, path, &status);
    }
    return r;
}
