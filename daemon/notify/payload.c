/* SPDX-License-Identifier: MIT */
#include "daemon/notify/payload.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/json/json_parser.h"
#include "daemon/json/json_writer.h"

/* So many bytes of a receiver's words in a row that stand in the URL as well are too many. */
#define PAYLOAD_SHARED_SIZE 6

const char *payload_content_type(NotifyFormat format)
{
    return format == NOTIFY_CLOUDEVENTS
               ? "Content-Type: application/cloudevents+json; charset=utf-8"
               : "Content-Type: application/json; charset=utf-8";
}

/* ---- escaping ---- */

/* What begins a mention or a link in Slack's text. */
static void payload_escape_slack(const char *text, Buf *buf)
{
    for (; *text; text++) {
        if (*text == '&')
            buf_puts(buf, "&amp;");
        else if (*text == '<')
            buf_puts(buf, "&lt;");
        else if (*text == '>')
            buf_puts(buf, "&gt;");
        else
            buf_putc(buf, *text);
    }
}

/* Feishu knows no escape: `<at ...>` would be a mention. */
static void payload_escape_feishu(const char *text, Buf *buf)
{
    for (; *text; text++) {
        if (*text == '<')
            buf_puts(buf, "\xef\xbc\x9c"); /* FULLWIDTH LESS-THAN SIGN */
        else
            buf_putc(buf, *text);
    }
}

/* Markdown: each sign stands for itself, each line is one. */
static void payload_escape_markdown(const char *text, Buf *buf)
{
    for (; *text; text++) {
        if (*text == '\n')
            buf_puts(buf, "  \n");
        else if (*text == '<')
            buf_puts(buf, "&lt;");
        else if (*text == '&')
            buf_puts(buf, "&amp;");
        else if (strchr("\\`*_{}[]()#+-.!|>~@", *text))
            buf_printf(buf, "\\%c", *text);
        else
            buf_putc(buf, *text);
    }
}

/* ---- the formats ---- */

/* urn:rosterd:HOST */
static void payload_put_source(JsonWriter *writer)
{
    _cleanup_(buf_done) Buf source = {0};
    char host[65] = "";

    gethostname(host, sizeof(host) - 1);
    buf_puts(&source, "urn:rosterd:");
    for (const char *byte = host[0] ? host : "-"; *byte; byte++) {
        if (isalnum((unsigned char)*byte) || strchr("-._", *byte))
            buf_putc(&source, *byte);
        else
            buf_printf(&source, "%%%02X", (unsigned int)(unsigned char)*byte);
    }
    writer->buf->failed = writer->buf->failed || source.failed;
    json_put_text(writer, "source", buf_text(&source));
}

static void payload_put_cloudevent(JsonWriter *writer, const PayloadEvent *event,
                                   const NoteText *text)
{
    char time[CLOCK_RFC3339_SIZE], type[64];

    clock_format_rfc3339(event->time_usec, time);
    snprintf(type, sizeof(type), "rosterd.%s%s%s", event->kind, event->phase[0] ? "." : "",
             event->phase);
    json_put_text(writer, "specversion", "1.0");
    json_put_text(writer, "id", event->id);
    payload_put_source(writer);
    json_put_text(writer, "type", type);
    json_put_text(writer, "time", time);
    if (event->subject[0])
        json_put_text(writer, "subject", event->subject);
    json_put_text(writer, "datacontenttype", "application/json");
    json_put_json(writer, "data", buf_text(&text->data));
}

static void payload_put_slack(JsonWriter *writer, const NoteText *text)
{
    _cleanup_(buf_done) Buf escaped = {0};

    payload_escape_slack(buf_text(&text->title), &escaped);
    buf_putc(&escaped, '\n');
    payload_escape_slack(buf_text(&text->lines), &escaped);
    writer->buf->failed = writer->buf->failed || escaped.failed;
    json_put_text(writer, "text", buf_text(&escaped));
    json_put_bool(writer, "mrkdwn", false);
}

static void payload_put_feishu(JsonWriter *writer, const NoteText *text)
{
    _cleanup_(buf_done) Buf escaped = {0};

    payload_escape_feishu(buf_text(&text->title), &escaped);
    buf_putc(&escaped, '\n');
    payload_escape_feishu(buf_text(&text->lines), &escaped);
    writer->buf->failed = writer->buf->failed || escaped.failed;
    json_put_text(writer, "msg_type", "text");
    json_open_object(writer, "content");
    json_put_text(writer, "text", buf_text(&escaped));
    json_close_object(writer);
}

static void payload_put_dingtalk(JsonWriter *writer, const NoteText *text)
{
    _cleanup_(buf_done) Buf escaped = {0};

    buf_puts(&escaped, "#### ");
    payload_escape_markdown(buf_text(&text->title), &escaped);
    buf_puts(&escaped, "\n\n");
    payload_escape_markdown(buf_text(&text->lines), &escaped);
    writer->buf->failed = writer->buf->failed || escaped.failed;
    json_put_text(writer, "msgtype", "markdown");
    json_open_object(writer, "markdown");
    json_put_text(writer, "title", buf_text(&text->title));
    json_put_text(writer, "text", buf_text(&escaped));
    json_close_object(writer);
}

int payload_append(NotifyFormat format, const PayloadEvent *event, const NoteText *text, Buf *body)
{
    JsonWriter writer = {.buf = body, .is_compact = true};

    json_open_object(&writer, NULL);
    switch (format) {
    case NOTIFY_CLOUDEVENTS:
        payload_put_cloudevent(&writer, event, text);
        break;
    case NOTIFY_SLACK:
        payload_put_slack(&writer, text);
        break;
    case NOTIFY_FEISHU:
        payload_put_feishu(&writer, text);
        break;
    case NOTIFY_DINGTALK:
        payload_put_dingtalk(&writer, text);
        break;
    case NOTIFY_FORMAT_COUNT:
        break;
    }
    json_close_object(&writer);
    return json_end(&writer);
}

/* ---- the answer ---- */

/* Whether the words repeat a part of the URL. */
static bool payload_repeats(const char *words, const char *url)
{
    const char *secret = strstr(url, "://");
    char part[PAYLOAD_SHARED_SIZE + 1] = "";

    secret = secret ? secret + 3 : url;
    for (; strlen(secret) >= PAYLOAD_SHARED_SIZE; secret++) {
        memcpy(part, secret, PAYLOAD_SHARED_SIZE);
        if (strstr(words, part))
            return true;
    }
    return false;
}

static void payload_say_refused(char *ret_why, const char *key, const Json *code, const char *words,
                                const char *url)
{
    bool is_shown = words[0] && !payload_repeats(words, url);

    if (payload_repeats(json_as_text(code), url))
        snprintf(ret_why, PAYLOAD_WHY_SIZE, "answered 200 with a %s other than 0", key);
    else
        snprintf(ret_why, PAYLOAD_WHY_SIZE, "answered 200 with %s %.20s%s%.100s", key,
                 json_as_text(code), is_shown ? ": " : "", is_shown ? words : "");
}

/* Bots say in the body of a 200 whether they took it: `key` is 0 then. */
static bool payload_look_for_zero(const char *const *keys, const HttpAnswer *answer,
                                  const char *url, char *ret_why)
{
    _cleanup_(json_freep) Json *root = NULL;

    if (json_parse_once(answer->body, answer->body_size, &root, NULL) < 0) {
        snprintf(ret_why, PAYLOAD_WHY_SIZE, "answered 200 without saying that it was taken");
        return false;
    }
    for (; *keys; keys++) {
        const Json *code = json_find(root, *keys);
        const Json *words = json_find(root, "msg");
        int64_t number;

        if (!code)
            continue;
        if (json_get_integer(code, 0, 0, &number) == 0)
            return true;
        payload_say_refused(ret_why, *keys, code,
                            json_as_text(words ? words : json_find(root, "errmsg")), url);
        return false;
    }
    snprintf(ret_why, PAYLOAD_WHY_SIZE, "answered 200 without saying that it was taken");
    return false;
}

static bool payload_is_ok(const HttpAnswer *answer)
{
    size_t size = answer->body_size;

    while (size > 0 && strchr(" \r\n", answer->body[size - 1]))
        size--;
    return size == 2 && strncmp(answer->body, "ok", 2) == 0;
}

static void payload_say_lost(const HttpAnswer *answer, char *ret_why)
{
    static const char *const words[] = {
        [HTTP_ANSWERED] = "",
        [HTTP_NOT_SENT] = "no connection could be made",
        [HTTP_WITHHELD] = "it was not sent",
        [HTTP_LOST] = "the connection ended before it answered",
        [HTTP_TIMEOUT] = "it did not answer in time",
        [HTTP_UNTRUSTED] = "its certificate does not hold",
        [HTTP_TOO_BIG] = "its answer is too big",
    };

    snprintf(ret_why, PAYLOAD_WHY_SIZE, "%s", words[answer->result]);
}

bool payload_was_taken(NotifyFormat format, const HttpAnswer *answer, const char *url,
                       char ret_why[static PAYLOAD_WHY_SIZE])
{
    static const char *const feishu[] = {"code", "StatusCode", NULL};
    static const char *const dingtalk[] = {"errcode", NULL};

    ret_why[0] = '\0';
    if (answer->result != HTTP_ANSWERED) {
        payload_say_lost(answer, ret_why);
        return false;
    }
    if (answer->status < 200 || answer->status > 299) {
        snprintf(ret_why, PAYLOAD_WHY_SIZE, "answered %d%s", answer->status,
                 answer->status >= 300 && answer->status < 400 ? ", which is not followed" : "");
        return false;
    }
    switch (format) {
    case NOTIFY_FEISHU:
        return payload_look_for_zero(feishu, answer, url, ret_why);
    case NOTIFY_DINGTALK:
        return payload_look_for_zero(dingtalk, answer, url, ret_why);
    case NOTIFY_SLACK:
        if (!payload_is_ok(answer))
            snprintf(ret_why, PAYLOAD_WHY_SIZE, "answered %d without \"ok\"", answer->status);
        return payload_is_ok(answer);
    case NOTIFY_CLOUDEVENTS:
    case NOTIFY_FORMAT_COUNT:
        break;
    }
    return true;
}
