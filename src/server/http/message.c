/* Requests in progress. Their buffers come from a short list of used ones, so
 * that a request on a kept connection allocates nothing and an idle connection
 * holds nothing. */
#include "server/http/conn.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

static bool take_body(void *ctx, str piece)
{
    struct message *m = ctx;
    return body_add(&m->body, piece, &m->spool_failed);
}

static struct message *message_new(const struct http_server *s)
{
    struct message *m = calloc(1, sizeof *m + s->limits.header_lines * sizeof *m->headers);
    /* Whole from the start, so that it never moves under the request's slices;
     * pages that no request reached cost nothing. */
    size_t cap = s->limits.header_bytes + READ_ROOM;
    char *in = malloc(cap);
    if (!m || !in)
        die("out of memory");
    m->in = in;
    m->in_cap = cap;
    body_init(&m->body, s->cfg.spool_dir);
    buf_init(&m->rs.headers, REPLY_HEADERS_MAX);
    buf_init(&m->rs.body, REPLY_BODY_MAX);
    buf_init(&m->packed, REPLY_BODY_MAX);
    return m;
}

static void message_free(struct message *m)
{
    arena_free(m->arena);
    body_clear(&m->body, 0);
    buf_free(&m->body.mem);
    buf_free(&m->rs.headers);
    buf_free(&m->rs.body);
    buf_free(&m->packed);
    free(m->in);
    free(m);
}

static void begin(struct message *m)
{
    struct conn *c = m->conn;
    const struct parse_limits *limits = &c->server->limits;
    m->parse.take_body = take_body;
    m->parse.take_ctx = m;
    parse_begin(&m->parse, limits, &m->rq, m->headers);
    m->in_at = 0;
    m->rq.body = STR("");
    m->body.limit = 0; /* not asked for yet */
    m->lane = NULL;
    m->park = m->spool_failed = m->interim_sent = false;
}

static void clear(struct message *m)
{
    if (m->arena)
        arena_clear(m->arena);
    body_clear(&m->body, KEEP_BYTES);
    respond_begin(m);
}

struct message *message_take(struct http_server *s, struct conn *c)
{
    pthread_mutex_lock(&s->spare_lock);
    struct message *m = s->spare;
    if (m) {
        s->spare = m->next_spare;
        s->spare_count--;
    }
    pthread_mutex_unlock(&s->spare_lock);
    if (!m)
        m = message_new(s);
    m->conn = c;
    m->in_len = 0;
    m->rq.peer_ip = str_from(c->peer_ip);
    m->rq.is_tls = c->tls != NULL;
    m->rq.client_cert = c->tls ? tls_client_cert(c->tls) : STR_NONE;
    m->rq.client_cert_error = c->tls ? tls_client_cert_error(c->tls) : STR_NONE;
    begin(m);
    return m;
}

void message_give(struct http_server *s, struct message *m)
{
    if (!m)
        return;
    clear(m);
    pthread_mutex_lock(&s->spare_lock);
    bool keep = s->spare_count < MESSAGES_SPARE_MAX;
    if (keep) {
        m->next_spare = s->spare;
        s->spare = m;
        s->spare_count++;
    }
    pthread_mutex_unlock(&s->spare_lock);
    if (!keep)
        message_free(m);
}

void message_next(struct message *m)
{
    clear(m);
    m->in_len -= m->in_at;
    memmove(m->in, m->in + m->in_at, m->in_len);
    begin(m);
}

void message_drop_spare(struct http_server *s)
{
    while (s->spare) {
        struct message *m = s->spare;
        s->spare = m->next_spare;
        message_free(m);
    }
}
