-- Version 2: what logins leave behind. `user` is users.id. Times as in version
-- 1; ends_at: when a row is worth nothing any more, NULL for never.

-- A browser's session. body is the v2 object.
CREATE TABLE sessions (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    user INTEGER NOT NULL,
    body TEXT NOT NULL,
    ends_at INTEGER NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user, seq);
CREATE INDEX sessions_by_end ON sessions (ends_at);
-- A refresh token, by the hash of its present secret. body is the v2 object,
-- with the name of the device under device_name.
CREATE TABLE refresh_tokens (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    hash BLOB NOT NULL UNIQUE,
    user INTEGER NOT NULL,
    client_id TEXT NOT NULL,
    session_id TEXT,
    body TEXT NOT NULL,
    ends_at INTEGER
);
CREATE INDEX refresh_tokens_by_user ON refresh_tokens (user, seq);
CREATE INDEX refresh_tokens_by_client ON refresh_tokens (client_id, seq);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX refresh_tokens_by_end ON refresh_tokens (ends_at) WHERE ends_at IS NOT NULL;

-- Failed logins for what somebody typed (folded), from an address; blocked
-- from the one on that reached the limit.
CREATE TABLE login_failures (
    identifier TEXT NOT NULL, connection TEXT NOT NULL, ip TEXT NOT NULL,
    failures INTEGER NOT NULL, blocked INTEGER NOT NULL, ends_at INTEGER NOT NULL,
    PRIMARY KEY (identifier, connection, ip)
) WITHOUT ROWID;
CREATE INDEX login_failures_by_end ON login_failures (ends_at);
-- Addresses that tried too many different users.
CREATE TABLE blocked_addresses (ip TEXT PRIMARY KEY, ends_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX blocked_addresses_by_end ON blocked_addresses (ends_at);
-- Tokens that are refused although they are signed.
CREATE TABLE blacklist (
    jti TEXT NOT NULL, aud TEXT NOT NULL,
    PRIMARY KEY (jti, aud)
) WITHOUT ROWID;
CREATE INDEX blacklist_by_aud ON blacklist (aud, jti);
-- Imports, exports, verification mails (domain/job/job.h). body: the v2 object;
-- task: what only the worker needs; position: how far it came, in the same
-- transaction as what it did.
CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    active INTEGER NOT NULL,
    body TEXT NOT NULL,
    task TEXT NOT NULL,
    position INTEGER NOT NULL,
    ends_at INTEGER NOT NULL
);
CREATE INDEX jobs_active ON jobs (type, seq) WHERE active = 1;
CREATE INDEX jobs_by_end ON jobs (ends_at);
-- Users that an import refused, and why.
CREATE TABLE job_errors (
    job INTEGER NOT NULL, n INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (job, n)
) WITHOUT ROWID;
-- Whom a running import with upsert has written: nobody stands in a file twice.
CREATE TABLE job_users (
    job INTEGER NOT NULL, user INTEGER NOT NULL,
    PRIMARY KEY (job, user)
) WITHOUT ROWID;
-- What happened in a day, counted where its log entry is written; stays when
-- the log's retention takes the entries. day: of 1970 UTC.
CREATE TABLE daily_stats (
    day INTEGER PRIMARY KEY,
    logins INTEGER NOT NULL, signups INTEGER NOT NULL, leaked_passwords INTEGER NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
);
