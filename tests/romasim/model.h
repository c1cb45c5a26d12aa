/* SPDX-License-Identifier: MIT */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/romasim/map.h"
#include "tests/romasim/settings.h"
#include "tests/romasim/text.h"

typedef struct Channel Channel;
typedef struct Instance Instance;
typedef struct Request Request;

/* A member as lists go on showing it for a while after a change. */
typedef struct Shown {
    uint64_t until_msec;
    char *ecs_name;
    int weight;
    int status;
    bool is_backup;
} Shown;

/* One backend server (API.md section 1.2). */
typedef struct Member {
    char *id;
    char *host;   /* NULL in ECS channels unless given */
    char *ecs_id; /* NULL: echo the host */
    char *ecs_name;
    char *group;
    char *create_time;
    int port;
    int weight;
    int status;
    bool is_backup;
    json_object *odd;           /* the member as the state file gave it, when it has raw or omit */
    uint64_t ghost_until_msec;  /* 0: it is there; else deleted, and still listed until then */
    uint64_t hidden_until_msec; /* 0: it is listed; else added, and not listed until then */
    Shown *shown;               /* NULL: it is listed as it is */
} Member;

typedef struct Group {
    char *id;
    char *name;
    char *remark;
    char *reference_channel; /* NULL or the id of the channel that is referred to */
    char *create_time;
    int weight; /* -1: none */
} Group;

/* A page as it was rendered, valid until its channel changes. */
typedef struct Page {
    long offset;
    long limit;
    Blob *body;
} Page;

struct Channel {
    Instance *instance;
    char *id;
    char *name;
    char *vpc_channel_type;
    char *create_time;
    bool is_ecs;
    int port;
    int type;
    int balance_strategy;
    int status;
    json_object *odd;
    Group *groups;
    size_t n_groups;
    Member **members; /* in the order of their making; ghosts among them */
    size_t n_members;
    size_t cap_members;
    size_t n_ghosts;
    size_t n_late;           /* members that are hidden or not shown as they are */
    size_t n_in_service;     /* members that are there and enabled */
    size_t least_in_service; /* the fewest since the statistics began */
    bool had_effects;        /* anything changed since then */
    int quota;               /* -1: the instance's */
    Map by_id;
    Page *pages;
    size_t n_pages;
    Request *changing;   /* the change under way, or NULL */
    Request **mutations; /* every mutation received and not yet answered */
    size_t n_mutations;
    size_t cap_mutations;
    size_t mutations_max; /* the most that were under way at once */
};

struct Instance {
    char *prefix; /* apic or apigw */
    char *project_id;
    char *id;
    char *status;
    Settings settings;
    Channel **channels;
    size_t n_channels;
    size_t cap_channels;
    Map by_id;
    uint64_t *begun_usec; /* requests that began within the last second, oldest first */
    size_t begun_from;
    size_t n_begun;
    size_t cap_begun;
    size_t begun_max;
};

typedef struct Project {
    char *id;
    char *name;
} Project;

/* All that the state file describes, apart from credentials and faults. */
typedef struct Model {
    Instance **instances;
    size_t n_instances;
    size_t cap_instances;
    Project *projects;
    size_t n_projects;
    size_t cap_projects;
} Model;

extern Model model;

/* 32 hex digits, never the same twice. The caller owns the text. */
char *model_new_id(void);

/* The current time as the service writes it. The caller owns the text. */
char *model_now(void);

Instance *model_find_instance(const char *id);
bool model_has_project(const char *id);

/* By id or by name; the first that fits, in any instance. */
Channel *model_find_channel(const char *id_or_name);
Group *model_find_group(const Channel *c, const char *name);
Group *model_find_group_by_id(const Channel *c, const char *id);

/* A member that is there (never a ghost). */
Member *model_find_member(const Channel *c, const char *id);

/* The member with this address: (group, host, port), in ECS channels (group, ecs_id, port). Port 0
 * is the channel's. */
Member *model_find_address(const Channel *c, const char *group, const char *host, int port);

Channel *model_add_channel(Instance *i, Channel *c);
Group *model_add_group(Channel *c, const char *name);
void model_add_member(Channel *c, Member *m);

/* Takes the member out; its lists may go on showing it for the instance's eventual_msec. */
void model_remove_member(Channel *c, Member *m, bool lagging);
void model_free_member(Member *m);

/* The administrator's switch: 1 enabled, 2 disabled. */
void model_set_status(Channel *c, Member *m, int status);

/* Before a change: lists go on showing the member as it is now for that long. */
void model_show_old(Channel *c, Member *m, int msec);

/* After an addition: lists do not show the member for that long. */
void model_hide(Channel *c, Member *m, int msec);

/* The port that a member or a request with this port has. */
int model_port(const Channel *c, int port);

/* Members that the channel may have; 0: no bound. */
int model_quota(const Channel *c);

/* The weight that the group gives to its members; -1: none. Accepts NULL. */
int model_group_weight(const Channel *c, const Group *g);

/* Must follow every change of who is in service, once it is complete. */
void model_settle(Channel *c);

/* The records of the fewest members in service begin again. */
void model_reset_least(void);

/* Must follow every change of a channel's rows. */
void model_changed(Channel *c);

/* Brings lists up to date: drops ghosts, shows what was hidden and what changed, in their time. */
void model_catch_up(Channel *c);

/* Whether the channel refers to another one, so that its members cannot be changed. */
bool model_is_reference(const Channel *c);
