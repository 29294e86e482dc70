-- system.db, version 1: what stands above the tenants. Times are microseconds
-- since 1970 UTC.

-- Single values: master_check, tenant_version, next_file.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- file_no names the tenant's database file; a number is never used twice, so
-- that what a deleted or replaced file left behind is never taken for another's.
-- key_id names the tenant's data key, which is wrapped by the master key.
CREATE TABLE tenants (
    seq INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    domain TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    file_no INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    wrapped_key TEXT NOT NULL
);
-- HOST or HOST:PORT in lower case.
CREATE TABLE domains (host TEXT PRIMARY KEY, tenant INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX domains_by_tenant ON domains (tenant);

-- RSA keys made ahead of need, sealed by the master key under their id.
CREATE TABLE spare_keys (id TEXT PRIMARY KEY, sealed TEXT NOT NULL) WITHOUT ROWID;
