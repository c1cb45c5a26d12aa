/* SPDX-License-Identifier: MIT */
/*
 * The floor for rosterd's job, for `make bench`: libcurl's multi interface and json-c in a loop,
 * with no safety at all. Reads a roster by libyaml, lists the channels and their members, deletes
 * what is not in the roster, one deletion in flight in a channel, channels side by side. It
 * believes every answer, checks no total, knows no guard, records nothing and confirms nothing.
 *
 * bare URL-PREFIX TOKEN ROSTER CONCURRENCY, where the prefix ends before /vpc-channels.
 */
#include <curl/curl.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

typedef struct Body {
    char *data;
    size_t size, capacity;
} Body;

#define PAGE_ROWS 500

typedef struct Channel {
    char *name, *id;
    char **extras;
    size_t extra_count, next_extra;
    size_t rows; /* listed so far */
    bool listed; /* all of them */
} Channel;

typedef struct Worker {
    CURL *easy;
    Body body;
    Channel *channel;
} Worker;

static struct {
    char **slots; /* "channel host:port", open addressing */
    size_t mask;
    Channel *channels;
    size_t channel_count, next_channel;
    const char *prefix;
    struct curl_slist *headers;
    size_t deleted;
} bare;

static size_t set_slot(const char *key)
{
    size_t hash = 1469598103934665603UL;

    for (const char *c = key; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211UL;
    for (hash &= bare.mask; bare.slots[hash] && strcmp(bare.slots[hash], key) != 0;)
        hash = (hash + 1) & bare.mask;
    return hash;
}

static void set_add(const char *channel, const char *member)
{
    char key[512];
    size_t slot;

    snprintf(key, sizeof(key), "%s %s", channel, member);
    slot = set_slot(key);
    if (!bare.slots[slot])
        bare.slots[slot] = strdup(key);
}

/* The roster has `name:` and `members:` for each channel; nothing else matters here. */
static void read_roster(const char *path)
{
    FILE *file = fopen(path, "rb");
    char channel[256] = "", last[256] = "";
    bool done = false, in_members = false;
    yaml_parser_t parser;
    yaml_event_t event;

    if (!file || !yaml_parser_initialize(&parser))
        exit(1);
    yaml_parser_set_input_file(&parser, file);
    while (!done && yaml_parser_parse(&parser, &event)) {
        const char *text = (const char *)event.data.scalar.value;

        if (event.type == YAML_SCALAR_EVENT && in_members) {
            set_add(channel, text);
        } else if (event.type == YAML_SCALAR_EVENT) {
            if (strcmp(last, "name") == 0)
                snprintf(channel, sizeof(channel), "%s", text);
            snprintf(last, sizeof(last), "%s", text);
        } else if (event.type == YAML_SEQUENCE_START_EVENT) {
            in_members = strcmp(last, "members") == 0;
        } else if (event.type == YAML_SEQUENCE_END_EVENT) {
            in_members = false;
        }
        done = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    fclose(file);
}

static size_t on_body(char *data, size_t size, size_t count, void *userdata)
{
    Body *body = userdata;
    size_t bytes = size * count;

    if (body->size + bytes + 1 > body->capacity) {
        body->capacity = (body->size + bytes + 1) * 2;
        body->data = realloc(body->data, body->capacity);
        if (!body->data)
            exit(1);
    }
    memcpy(body->data + body->size, data, bytes);
    body->size += bytes;
    body->data[body->size] = '\0';
    return bytes;
}

static void prepare(Worker *worker, const char *method, const char *path)
{
    char url[1024];

    snprintf(url, sizeof(url), "%s/vpc-channels%s", bare.prefix, path);
    worker->body.size = 0;
    curl_easy_setopt(worker->easy, CURLOPT_URL, url);
    curl_easy_setopt(worker->easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(worker->easy, CURLOPT_HTTPHEADER, bare.headers);
    curl_easy_setopt(worker->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(worker->easy, CURLOPT_WRITEDATA, &worker->body);
    curl_easy_setopt(worker->easy, CURLOPT_PRIVATE, worker);
}

static const char *string_of(json_object *row, const char *key)
{
    return json_object_get_string(json_object_object_get(row, key));
}

/* A page of the list; how many rows it has. */
static size_t list_channels_from(Worker *worker, size_t offset)
{
    json_object *root, *rows;
    char path[64];
    size_t count;

    snprintf(path, sizeof(path), "?limit=500&offset=%zu", offset);
    prepare(worker, "GET", path);
    if (curl_easy_perform(worker->easy) != CURLE_OK)
        exit(1);
    root = json_tokener_parse(worker->body.data);
    rows = json_object_object_get(root, "vpc_channels");
    count = json_object_array_length(rows);
    bare.channels = realloc(bare.channels, (offset + count + 1) * sizeof(*bare.channels));
    if (!bare.channels)
        exit(1);
    for (size_t i = 0; i < count; i++) {
        json_object *row = json_object_array_get_idx(rows, i);

        bare.channels[offset + i] =
            (Channel){.name = strdup(string_of(row, "name")), .id = strdup(string_of(row, "id"))};
    }
    json_object_put(root);
    return count;
}

static void list_channels(Worker *worker)
{
    size_t count;

    do {
        count = list_channels_from(worker, bare.channel_count);
        bare.channel_count += count;
    } while (count == 500);
}

static void on_list(Worker *worker)
{
    Channel *channel = worker->channel;
    json_object *root = json_tokener_parse(worker->body.data);
    json_object *rows = json_object_object_get(root, "members");
    size_t count = json_object_array_length(rows);

    channel->extras =
        realloc(channel->extras, (channel->extra_count + count + 1) * sizeof(*channel->extras));
    for (size_t i = 0; channel->extras && i < count; i++) {
        json_object *row = json_object_array_get_idx(rows, i);
        char key[512];

        snprintf(key, sizeof(key), "%s %s:%d", channel->name, string_of(row, "host"),
                 json_object_get_int(json_object_object_get(row, "port")));
        if (!bare.slots[set_slot(key)])
            channel->extras[channel->extra_count++] = strdup(string_of(row, "id"));
    }
    channel->rows += count;
    channel->listed =
        channel->rows >= (size_t)json_object_get_int64(json_object_object_get(root, "total"));
    json_object_put(root);
}

/* The worker's next request; false when there is none left. */
static bool next_request(Worker *worker)
{
    Channel *channel = worker->channel;
    char path[512];

    if (channel && channel->listed && channel->next_extra < channel->extra_count) {
        snprintf(path, sizeof(path), "/%s/members/%s", channel->id,
                 channel->extras[channel->next_extra++]);
        prepare(worker, "DELETE", path);
        return true;
    }
    if (!channel || channel->listed) {
        if (bare.next_channel == bare.channel_count)
            return false;
        channel = worker->channel = &bare.channels[bare.next_channel++];
    }
    snprintf(path, sizeof(path), "/%s/members?limit=%d&offset=%zu", channel->id, PAGE_ROWS,
             channel->rows);
    prepare(worker, "GET", path);
    return true;
}

static void on_done(CURLM *multi, const CURLMsg *message, int *running)
{
    Worker *worker;
    long status;

    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&worker);
    curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(multi, worker->easy);
    if (!worker->channel->listed)
        on_list(worker);
    else
        bare.deleted += status == 204;
    if (next_request(worker)) {
        curl_multi_add_handle(multi, worker->easy);
        *running = 1;
    }
}

static void work(CURLM *multi)
{
    int running = 1, left;

    while (running) {
        CURLMsg *message;

        curl_multi_perform(multi, &running);
        while ((message = curl_multi_info_read(multi, &left)))
            on_done(multi, message, &running);
        if (running)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
}

int main(int argc, char *argv[])
{
    char token[256];
    Worker *workers;
    CURLM *multi;
    size_t count;

    if (argc != 5)
        return 64;
    count = strtoul(argv[4], NULL, 10);
    bare.prefix = argv[1];
    bare.mask = (1U << 21) - 1;
    bare.slots = calloc(bare.mask + 1, sizeof(*bare.slots));
    workers = calloc(count, sizeof(*workers));
    multi = curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK ? curl_multi_init() : NULL;
    if (!bare.slots || !workers || !multi)
        return 1;
    snprintf(token, sizeof(token), "X-Auth-Token: %s", argv[2]);
    bare.headers = curl_slist_append(NULL, "Content-Type: application/json");
    bare.headers = curl_slist_append(bare.headers, token);
    read_roster(argv[3]);
    for (size_t i = 0; i < count; i++)
        workers[i].easy = curl_easy_init();
    list_channels(&workers[0]);
    for (size_t i = 0; i < count && next_request(&workers[i]); i++)
        curl_multi_add_handle(multi, workers[i].easy);
    work(multi);
    printf("%zu deleted\n", bare.deleted);
    return 0;
}
