/* SPDX-License-Identifier: MIT */
/*
 * DOC: the checked configuration
 *
 * A Config is settings and rosters as one immutable value: whoever holds one relies on every rule
 * of rosterd.yaml(5), and nothing in it changes after config_load(). config/load makes it out of
 * files: yaml/ reads a tree, schema/ reads maps by tables, settings/ and roster/ have those tables
 * and the rules that look at several keys. With one mistake there is no Config at all.
 *
 * Which settings and guards there are say setting.h and guards.h, a row for each: the row is the
 * field in Config, the key with its bounds, default and messages, how a roster's value merges with
 * that of the settings, and what a reload that changes it means. Durations are in microseconds.
 *
 * Whether two configurations say the same is a comparison of digests: `canonical` of the settings,
 * of each instance and of each channel. config/load takes each over the whole schema that the
 * entry was read by (schema/canonical.h), so that a key cannot be left out of it.
 *
 * All texts and arrays belong to the Config, and config_free() frees them together. A
 * RosterChannel is borrowed by the pass that goes by it, so a Config outlives its passes.
 *
 * This folder and those below it know no network, no clock and no log.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/change_gate.h"
#include "config/guards.h"
#include "config/member_index.h"
#include "config/notifier.h"
#include "config/roster_set.h"
#include "config/setting.h"
#include "config/yaml/problems.h"
#include "daemon/base/mem.h"

/* The programs read the settings from here unless -c or ROSTERD_CONFIG names another file. */
#define CONFIG_PATH_DEFAULT "/etc/rosterd/rosterd.yaml"

/* The ways to authorise requests: the constant, and the word of auth.method. */
#define AUTH_METHOD_ROWS(ROW)                                                                      \
    ROW(TOKEN, token)                                                                              \
    ROW(PASSWORD, password)                                                                        \
    ROW(AKSK, aksk)                                                                                \
    ROW(AGENCY, agency)                                                                            \
    ROW(ENVIRONMENT, environment)

typedef enum AuthMethod {
#define AUTH_CONSTANT(constant, ...) AUTH_##constant,
    AUTH_METHOD_ROWS(AUTH_CONSTANT)
#undef AUTH_CONSTANT
} AuthMethod;

/* How an instance's requests are authorised. What a method does not use is NULL. Files are named as
 * the settings name them; where they are looked up is the daemon's business. */
typedef struct Auth {
    AuthMethod method;
    const char *token_file;
    const char *iam_endpoint;
    const char *domain;
    const char *user;
    const char *password_file;
    const char *project_name;
    const char *access_key_file;
    const char *secret_key_file;
    const char *security_token_file;
    const char *metadata_endpoint;
} Auth;

/* ROMA Connect, or the dedicated API Gateway, whose paths differ in one word (API.md section 0). */
typedef enum ApiFamily { API_APIC, API_APIGW } ApiFamily;

typedef struct Instance {
    const char *name;
    const char *endpoint; /* scheme://host[:port], canonical (endpoint.h) */
    ApiFamily api;
    const char *project_id;
    const char *instance_id;
    const char *ca_file;             /* NULL: the system's */
    const char *proxy;               /* http://host:port, canonical; NULL: none */
    const char *proxy_password_file; /* NULL: without user and password */
    Auth auth;
    char canonical[DIGEST_HEX_SIZE]; /* digest of all of its entry, names apart */
} Instance;

/* Where the daemon shows itself over TCP. */
typedef struct HttpSettings {
    const char *listen;  /* canonical: ADDRESS:PORT, [IPV6]:PORT; NULL: nowhere */
    const char *address; /* of it, canonical (address.h) */
    uint16_t port;
    bool is_loopback;
    const char *const *hosts; /* further names that it is asked by, canonical */
    size_t host_count;
    const char *token_file; /* NULL: whoever reaches it may read */
    const char *cert_file;  /* NULL: no TLS */
    const char *key_file;   /* with cert_file */
    bool plain;             /* something in front does TLS */
} HttpSettings;

/* The fleet that this host belongs to: hosts that share instances by etcd. */
typedef struct FleetSettings {
    const char *const *endpoints; /* of etcd, canonical as those of instances; 1 at least */
    size_t endpoint_count;
    bool is_loopback;                 /* all of them */
    const char *ca_file;              /* NULL: the system's */
    const char *cert_file, *key_file; /* NULL: none */
    const char *user, *password_file; /* NULL: none */
    const char *prefix;               /* of its keys: begins and ends with a slash */
    const char *host;                 /* the name of this host among them; NULL: the machine's */
    uint64_t lease_usec;
    uint64_t handover_usec;
    uint32_t max_instances;          /* that this host owns; 0: all */
    char canonical[DIGEST_HEX_SIZE]; /* digest of all of it */
} FleetSettings;

/* What a roster may state of a member beyond its identity. */
enum {
    ROSTER_MEMBER_WEIGHT = 1 << 0,
    ROSTER_MEMBER_BACKUP = 1 << 1,
    ROSTER_MEMBER_ENABLED = 1 << 2,
    ROSTER_MEMBER_ECS_NAME = 1 << 3, /* config_member_ecs_name() */
};

/* A desired member. Rosters may have 1,000,000 of them: the struct has no gaps, and one pointer for
 * all texts. An ecs_name that is stated stands behind the end of the group, or of the address where
 * there is no group. */
struct RosterMember {
    const char *address; /* host, canonical (address.h), or ecs_id */
    int16_t group_at;    /* how far behind the address, or (negative) before it, its group stands;
                          * 0: it has none. config_member_group() */
    uint16_t port;       /* 0: the channel's own */
    uint16_t weight;     /* ROSTER_MEMBER_WEIGHT: 0 to 10000 */
    uint8_t states;      /* bits: which of these it states; the others are 0 */
    bool is_ecs : 1;
    bool backup : 1;  /* ROSTER_MEMBER_BACKUP */
    bool enabled : 1; /* ROSTER_MEMBER_ENABLED */
};

/* The group of the member, "" without one. */
static inline const char *config_member_group(const RosterMember *member)
{
    return member->group_at ? member->address + member->group_at : "";
}

/* The ecs_name that the member states, or NULL. */
const char *config_member_ecs_name(const RosterMember *member);

#define CONFIG_MEMBER_TEXT_MAX 1024 /* bytes of each of its texts */

/* Gives it copies of its texts, which are the arena's: `group` is "" without one, `ecs_name` NULL
 * unless it states one. 0 or -ENOMEM. */
int config_member_set_texts(RosterMember *member, Arena *arena, const char *address,
                            const char *group, const char *ecs_name);

/* Members that match every field given are never touched. Unused fields are NULL, has_* false. */
typedef struct IgnoreRule {
    const char *host;    /* canonical; NULL when there is none or it is a network */
    uint8_t network[16]; /* has_network: IPv6, or IPv4 mapped into ::ffff:0:0/96 */
    uint8_t prefix_bits; /* of the 128 */
    bool has_network;
    bool has_port;
    uint16_t port; /* 0: members on the channel's own port */
    const char *group;
    const char *ecs_id;
} IgnoreRule;

/* The `paused:` of a channel. Its line is in the file of the channel. */
typedef struct RosterPause {
    const char *reason;
    uint64_t until_usec; /* realtime; 0: no end */
    size_t line;
} RosterPause;

typedef struct RosterChannel {
    size_t instance;  /* index into Config.instances */
    const char *name; /* exactly one of name and id is not NULL */
    const char *id;
    /* What a roster may say instead of the settings, merged. */
    SETTING_ROWS(SETTING_ROSTER_FIELD)
    Guards guards;
    bool allow_empty;
    const RosterMember *members;
    size_t member_count;
    MemberIndex index; /* of the members */
    const IgnoreRule *ignore;
    size_t ignore_count;
    const RosterPause *pause; /* NULL: none; config_pause_holds() says whether it is over */
    ChangeWindows windows;    /* its own: those of the settings hold as well */
    const char *file;         /* where the entry stands, for messages */
    size_t line;
    uint32_t column;
    /* Digest of all of its entry, with what it has of the settings. The order of members and of
     * ignore rules is no part of it. */
    char canonical[DIGEST_HEX_SIZE];
} RosterChannel;

typedef struct Config {
    const char *path;      /* of the settings file, as given */
    const char *directory; /* that it stands in */
    const Instance *instances;
    size_t instance_count;
    const RosterChannel *channels;
    size_t channel_count;
    SETTING_TOP_ROWS(SETTING_FIELD)
    Retry retry;
    Limits limits;
    Guards guards;
    ChangeWindows windows;
    HttpSettings http;
    const Notifier *notifiers;
    size_t notifier_count;
    const FleetSettings *fleet;      /* NULL: this host is the only one */
    char canonical[DIGEST_HEX_SIZE]; /* digest of all settings but instances and rosters, each of
                                      * which has its own */
    const char *const *files; /* every file and directory read, for watching them; after a failed
                               * load Problems.files tells them */
    size_t file_count;
    RosterSet set;
    Problems warnings; /* entries of `rosters` that name no file, a lease that is short */
} Config;

/* Whether the roster pauses the channel at that time. */
static inline bool config_pause_holds(const RosterChannel *channel, uint64_t realtime_usec)
{
    const RosterPause *pause = channel->pause;

    return pause && (pause->until_usec == 0 || pause->until_usec > realtime_usec);
}

/* What changes of a channel go by. */
static inline ChangeGate config_gate(const Config *config, const RosterChannel *channel)
{
    return (ChangeGate){&config->windows, &channel->windows};
}

/* Has `config` tell the files, lines and warnings that `now` tells, which otherwise says the same,
 * so that messages cite where things stand by now. What is in use stays where it is. Takes `now`'s
 * warnings away. 0 or -ENOMEM, and then some of it may be as before. */
int config_take_places(Config *config, Config *now);

void config_free(Config *config);
DEFINE_CLEANUP(Config, config_free)
