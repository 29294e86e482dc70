-- One tenant's database, version 1. All times are microseconds since 1970 UTC.
-- Common dialect: integer keys are assigned by the database where they are the
-- first column named `seq` or `id`.

-- Configuration resources (domain/document.c): one JSON document a row.
CREATE TABLE documents (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (kind, id)
);
CREATE INDEX documents_by_kind ON documents (kind, seq);
-- Values that must be unique, or by which lists are filtered.
CREATE TABLE document_unique (
    kind TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (kind, field, value)
) WITHOUT ROWID;
CREATE INDEX document_unique_by_seq ON document_unique (seq);
CREATE TABLE document_filter (
    kind TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (kind, field, value, seq)
) WITHOUT ROWID;
CREATE INDEX document_filter_by_seq ON document_filter (seq);
-- Secrets taken out of documents, sealed. field is a dotted path.
CREATE TABLE document_secrets (
    seq INTEGER NOT NULL, field TEXT NOT NULL, sealed TEXT NOT NULL,
    PRIMARY KEY (seq, field)
) WITHOUT ROWID;

-- Relations between two things (domain/relation.c), found from both sides.
CREATE TABLE relations (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL, a TEXT NOT NULL, b TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (kind, a, b)
);
CREATE INDEX relations_by_a ON relations (kind, a, seq);
CREATE INDEX relations_by_b ON relations (kind, b, seq);

-- Users. doc is the profile with identities and both metadata, no secrets.
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    doc TEXT NOT NULL
);
-- One row an identity; what a login looks for. email and username are folded.
CREATE TABLE identities (
    provider TEXT NOT NULL, native_id TEXT NOT NULL,
    user INTEGER NOT NULL,
    connection TEXT NOT NULL,
    email TEXT, username TEXT, phone TEXT,
    PRIMARY KEY (provider, native_id)
) WITHOUT ROWID;
CREATE INDEX identities_by_user ON identities (user);
CREATE UNIQUE INDEX identities_by_email ON identities (connection, email) WHERE email IS NOT NULL AND provider IN ('auth0', 'email');
CREATE UNIQUE INDEX identities_by_username ON identities (connection, username) WHERE username IS NOT NULL;
CREATE UNIQUE INDEX identities_by_phone ON identities (connection, phone) WHERE phone IS NOT NULL AND provider IN ('auth0', 'sms');
CREATE INDEX identities_by_connection ON identities (connection, user);
-- What must never be in a document: password hashes, provider tokens (sealed).
CREATE TABLE user_secrets (
    user INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, changed_at INTEGER NOT NULL,
    PRIMARY KEY (user, kind, name)
) WITHOUT ROWID;
-- Search: one row a (field, value) of a user (search/index.h).
CREATE TABLE search_fields (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE user_terms (
    f INTEGER NOT NULL, v BLOB NOT NULL, id INTEGER NOT NULL,
    PRIMARY KEY (f, v, id)
) WITHOUT ROWID;

-- Opaque tokens, by hash. kind: v1 access, refresh, bewit …
CREATE TABLE tokens (
    hash BLOB PRIMARY KEY,
    kind TEXT NOT NULL, client_id TEXT, user INTEGER,
    body TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER
) WITHOUT ROWID;
CREATE INDEX tokens_by_user ON tokens (user, kind);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

-- Signing keys; state: current, next, previous, revoked.
CREATE TABLE signing_keys (
    kid TEXT PRIMARY KEY, state TEXT NOT NULL, cert TEXT NOT NULL, sealed_key TEXT NOT NULL,
    current_since INTEGER, current_until INTEGER, revoked_at INTEGER
) WITHOUT ROWID;

-- The tenant's log; log_id sorts by time. user_id and type for their lists.
CREATE TABLE logs (
    seq INTEGER PRIMARY KEY,
    log_id TEXT NOT NULL UNIQUE, date INTEGER NOT NULL, type TEXT NOT NULL, user_id TEXT, body TEXT NOT NULL
);
CREATE INDEX logs_by_date ON logs (date, seq);
CREATE INDEX logs_by_user ON logs (user_id, seq) WHERE user_id IS NOT NULL;
-- Things to do after the commit: mails now, events later.
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL, due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX outbox_by_due ON outbox (due_at, seq);
-- Single values: settings documents, counters.
CREATE TABLE settings (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
-- Written by the store when the tenant is made: key_id and wrapped_key, so that
-- a snapshot brings its data key along.
CREATE TABLE self (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
