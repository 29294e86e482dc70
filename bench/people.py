"""Rows about users, roles and organizations: each at 10 and at 100,000 users, roles,
members and assignments, which should cost the same."""
import http.client
import json
import os
import random
import sqlite3
import struct
import threading
import time
import urllib.parse

from measure import Doorward, Failed, Load, Scratch, Window, alternate, http_text, median
from rates import AUDIENCE, SCOPES, fill

SIZES = (10, 100000)
FLAT = 1.5  # what the larger one may cost, of the smaller one's cost
IN_ONE = 50
CLIENTS = 4


# --- a tenant of that size -------------------------------------------------------


def role_id(n):
    return f"rol_{n:016d}"


def org_id(n):
    return f"org_{n:016d}"


def things(db, kind, bodies):
    """Documents with a unique name, as the engine keeps them."""
    db.executemany("INSERT INTO documents (kind, id, body, created_at, updated_at) VALUES (?, ?, ?, 0, 0)",
                   ((kind, b["id"], json.dumps(b)) for b in bodies))
    db.execute("INSERT INTO document_unique (kind, field, value, seq) SELECT kind, 'name', json_extract(body, '$.name'), seq "
               "FROM documents WHERE kind = ?", (kind,))


def related(db, kind, pairs):
    db.executemany("INSERT INTO relations (kind, a, b, body) VALUES (?, ?, ?, '{}')", ((kind, a, b) for a, b in pairs))


class Tenant:
    """count users, who all have the first of count roles and are members of the first of
    count organizations; the first role has three permissions."""

    def __init__(self, cfg, scratch, count):
        scratch = os.path.join(scratch, str(count))
        os.mkdir(scratch)
        data, self.uids = fill(cfg, scratch, count)
        self.scratch, self.count = scratch, count
        with Doorward(cfg.build, data) as server:
            token = server.token()
            server.ask("POST", "/api/v2/resource-servers", {"identifier": AUDIENCE, "name": "things", "scopes": [{"value": s} for s in SCOPES.split()]}, token)
            path = server.database()
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA synchronous = OFF")
            api = next(r[0] for r in db.execute("SELECT id FROM documents WHERE kind = 'resource_server' AND json_extract(body, '$.identifier') = ?", (AUDIENCE,)))
            things(db, "role", ({"id": role_id(n), "name": f"role {n}", "description": "", "type": "tenant"} for n in range(count)))
            things(db, "organization", ({"id": org_id(n), "name": f"org-{n}"} for n in range(count)))
            related(db, "user_role", ((uid, role_id(0)) for uid in self.uids))
            related(db, "organization_member", ((org_id(0), uid) for uid in self.uids))
            related(db, "role_permission", ((role_id(0), f"{api} {s}") for s in SCOPES.split()))
        db.close()
        self.server = Doorward(cfg.build, data)
        self.token = self.server.token()
        random.Random(1).shuffle(self.uids)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()

    def headers(self):
        return {"Host": "localhost", "Authorization": "Bearer " + self.token}

    def reads(self, paths):
        return Window(self.server, Load(self.scratch, self.server.base, [http_text("GET", p, self.headers()) for p in paths]))

    def writes(self, sequences):
        return Window(self.server, Sequences(self, sequences))

    def calls(self):
        where = urllib.parse.urlsplit(self.server.base)
        return http.client.HTTPConnection(where.hostname, where.port, timeout=60)

    def call(self, connection, method, path, body):
        connection.request(method, "/api/v2" + path, json.dumps(body) if body is not None else None,
                           {**self.headers(), "Content-Type": "application/json"} if body is not None else self.headers())
        r = connection.getresponse()
        text = r.read()
        if r.status >= 300:
            raise Failed(f"{method} {path}: {r.status} {text[:200]!r}")


class Sequences:
    """A load whose requests have an order: each client repeats its own sequence, whole."""

    def __init__(self, tenant, sequences):
        self.tenant, self.sequences = tenant, sequences

    def run(self, seconds):
        counts, failures = [0] * len(self.sequences), []
        end = time.monotonic() + seconds

        def client(i):
            connection = self.tenant.calls()
            try:
                while time.monotonic() < end:
                    for request in self.sequences[i]:
                        self.tenant.call(connection, *request)
                        counts[i] += 1
            except Failed as e:
                failures.append(e)
            finally:
                connection.close()

        threads = [threading.Thread(target=client, args=(i,)) for i in range(len(self.sequences))]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        if failures:
            raise failures[0]
        return sum(counts), sum(counts) / seconds


# --- what is asked of it ------------------------------------------------------------


def of(uid):
    return "/users/" + uid.replace("|", "%7C")


def linking(t):
    """Each client has two accounts of its own."""
    def sequence(main, other):
        provider, native = other.split("|")
        return [("POST", of(main) + "/identities", {"provider": provider, "user_id": native}),
                ("DELETE", f"{of(main)}/identities/{provider}/{native}", None)]
    return t.writes([sequence(t.uids[2 * i], t.uids[2 * i + 1]) for i in range(CLIENTS)])


def assigning(t):
    """Roles 1 and up; every user keeps role 0."""
    def sequence(i):
        chosen = random.Random(i)
        pairs = [(chosen.choice(t.uids[i::CLIENTS]), role_id(chosen.randrange(1, t.count))) for _ in range(50)]
        return [(method, of(uid) + "/roles", {"roles": [role]}) for uid, role in pairs for method in ("POST", "DELETE")]
    return t.writes([sequence(i) for i in range(CLIENTS)])


def some(t):
    return t.uids[:5000]


READS = {
    "a user's permissions": lambda t: [f"/api/v2{of(u)}/permissions" for u in some(t)],
    "a user's effective permissions of an API": lambda t: [f"/api/v2{of(u)}/effective-permissions?resource_server_identifier={AUDIENCE}" for u in some(t)],
    "members of an organization, ten by checkpoint": lambda t: [f"/api/v2/organizations/{org_id(0)}/members?take=10"],
    "users of a role, ten by checkpoint": lambda t: [f"/api/v2/roles/{role_id(0)}/users?take=10"],
    "members of an organization, ten by page": lambda t: [f"/api/v2/organizations/{org_id(0)}/members?per_page=10"],
    "members of an organization, ten by page, with the total": lambda t: [f"/api/v2/organizations/{org_id(0)}/members?per_page=10&include_totals=true"],
    "users of a role, ten by page, with the total": lambda t: [f"/api/v2/roles/{role_id(0)}/users?per_page=10&include_totals=true"],
    "roles, ten by page, with the total": lambda t: ["/api/v2/roles?per_page=10&include_totals=true"],
    "organizations, ten by page, with the total": lambda t: ["/api/v2/organizations?per_page=10&include_totals=true"],
    "roles of a user": lambda t: [f"/api/v2{of(u)}/roles" for u in some(t)],
}
WRITES = {"a link or an unlink": linking, "giving or taking a role": assigning}


def flat(cfg, table):
    with Scratch() as scratch, Tenant(cfg, scratch, SIZES[0]) as small, Tenant(cfg, scratch, SIZES[1]) as large:
        windows = {name: [t.reads(paths(t)) for t in (small, large)] for name, paths in READS.items()}
        windows.update({name: [make(t) for t in (small, large)] for name, make in WRITES.items()})
        for name, (few, many) in windows.items():
            alternate(cfg.rounds, few, many)
            one, other = median(few.cpu_us), median(many.cpu_us)
            table.add(f"CPU of {name}, among {SIZES[1]:,}", f"{other:.0f} µs, {median(many.rate):.0f}/s", f"among {SIZES[0]} {one:.0f} µs, {median(few.rate):.0f}/s",
                      other / one, f"≤ {FLAT} ×", other / one <= FLAT)
        bulk(cfg, table, large)


# --- fifty in one call --------------------------------------------------------------


def commits(database):
    """Which write-ahead log it is, and the transactions in it: frames that tell the size of
    the database (sqlite.org/fileformat2.html, 4.1)."""
    with open(database + "-wal", "rb") as f:
        head = f.read(32)
        size, salts = struct.unpack(">I", head[8:12])[0], head[16:24]
        count = 0
        while len(frame := f.read(24)) == 24 and frame[8:16] == salts:
            count += frame[4:8] != bytes(4)
            f.seek(size, os.SEEK_CUR)
    return salts, count


def between(before, after):
    """A log that was copied into the database whole begins anew with the next transaction."""
    return after[1] - (before[1] if after[0] == before[0] else 0)


def timed(t, requests):
    """Milliseconds and transactions of requests, one after the other."""
    t.server.settle()
    connection, before = t.calls(), commits(t.server.database())
    start = time.monotonic()
    for request in requests:
        t.call(connection, *request)
    took = time.monotonic() - start
    connection.close()
    return took * 1000, between(before, commits(t.server.database()))


def bulk(cfg, table, t):
    roles = [role_id(n) for n in range(1, IN_ONE + 1)]
    kinds = {
        "members": (f"/organizations/{org_id(1)}/members", "members", t.uids[:IN_ONE]),
        "roles": (of(t.uids[-1]) + "/roles", "roles", roles),
        "users of a role": (f"/roles/{role_id(IN_ONE + 1)}/users", "users", t.uids[:IN_ONE]),
    }
    for name, (path, member, ids) in kinds.items():
        taken = [("DELETE", path, {member: ids})] if member != "users" else [("DELETE", of(u) + "/roles", {"roles": [role_id(IN_ONE + 1)]}) for u in ids]
        together, apart, transactions = [], [], set()
        for _ in range(cfg.rounds):
            took, count = timed(t, [("POST", path, {member: ids})])
            together.append(took)
            transactions.add(count)
            timed(t, taken)
            apart.append(timed(t, [("POST", path, {member: [i]}) for i in ids])[0])
            timed(t, taken)
        table.add(f"adding {IN_ONE} {name} in one call, among {t.count:,}", f"{median(together):.1f} ms, {' or '.join(map(str, sorted(transactions)))} transaction(s)",
                  f"in {IN_ONE} calls {median(apart):.1f} ms", median(together) / median(apart), "1 transaction", transactions == {1})


ROWS = {"people": flat}
