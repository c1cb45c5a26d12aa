/* SPDX-License-Identifier: MIT */
#pragma once

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/romasim/faults.h"
#include "tests/romasim/model.h"
#include "tests/romasim/text.h"

#define REQUEST_BODY_MAX (12u << 20)
#define REQUEST_URI_MAX (32u << 10)
#define REQUEST_QUERY_MAX 16

/* Every operation the service knows (API.md section 1), by the names that faults and logs use. */
typedef enum Op {
    OP_UNKNOWN,
    OP_LIST_MEMBERS,
    OP_ADD_MEMBERS,
    OP_OVERWRITE_MEMBERS,
    OP_DELETE_MEMBER,
    OP_ENABLE_MEMBERS,
    OP_DISABLE_MEMBERS,
    OP_LIST_CHANNELS,
    OP_SHOW_CHANNEL,
    OP_LIST_GROUPS,
    OP_SHOW_GROUP,
    OP_CREATE_GROUPS,
    OP_UPDATE_GROUP,
    OP_DELETE_GROUP,
    OP_SHOW_INSTANCE,
    OP_SHOW_CONFIGS,
    OP_IAM_TOKEN,
    OP_METADATA,
    OP_METADATA_TOKEN,
    OP_MAX,
} Op;

typedef struct Header {
    char *name;
    char *value;
    struct Header *next;
} Header;

/* What is going to be answered. */
typedef struct Answer {
    int status;
    char code[24]; /* the error code for the log; "" for success */
    Blob *body;    /* NULL: empty */
    const char *content_type;
    Header *headers;
} Answer;

typedef struct Parameter {
    char *name;
    char *value;
} Parameter;

typedef enum Stage {
    STAGE_HEAD,   /* only the head has been received */
    STAGE_BODY,   /* the body is being received */
    STAGE_WAIT,   /* suspended: its answer is ready and waits for its time */
    STAGE_READY,  /* its answer may be queued */
    STAGE_STALL,  /* suspended for ever */
    STAGE_QUEUED, /* handed to the HTTP library */
} Stage;

struct Request {
    struct MHD_Connection *connection;
    Stage stage;
    int fd; /* the socket, to see whether the client is still there */
    bool is_admin;
    bool is_counted; /* in the statistics' requests in flight */
    bool is_applied; /* the operation changed the model */
    bool is_listed;  /* in its channel's list of mutations */
    bool body_too_long;
    char id[33];
    char *method;
    char *uri;         /* exactly as received */
    char *path;        /* the same without the query */
    const char *query; /* behind the '?', or NULL; part of `uri` */
    Text body;
    Text effects; /* what it did to members, as the objects of a JSON list */
    Op op;
    char *segments[12]; /* the path's decoded segments */
    size_t n_segments;
    Parameter parameters[REQUEST_QUERY_MAX];
    size_t n_parameters;
    Instance *instance; /* resolved parts of the path; NULL while or where unknown */
    Channel *channel;
    const char *project_id;
    const char *instance_id;
    const char *channel_id;
    const char *member_id; /* or the group's id */
    const char *who;       /* whose token it has; borrowed, while it is handled; NULL: nobody's */
    Fault *fault;          /* the rule that applies, or NULL */
    uint64_t log_number;
    uint64_t begun_usec;
    size_t place; /* among the requests in flight */
    size_t
        n_side_by_side; /* mutations of the channel under way when this one came, itself included */
    Answer answer;
};

const char *request_op_name(Op op);
bool request_has_op(const char *name);
bool request_op_mutates(Op op);

/* A new request for this target; owned by the HTTP library's callbacks until request_free(). */
Request *request_new(const char *uri);
void request_free(Request *r);

/* Splits target and query. False when the escapes are malformed or there is too much of it. */
bool request_parse(Request *r);

/* The value of a header as received, without surrounding blanks; NULL when absent. */
const char *request_header(const Request *r, const char *name);

/* How many headers of this name came. */
int request_count_header(const Request *r, const char *name);

/* NULL when absent. */
const char *request_parameter(const Request *r, const char *name);
