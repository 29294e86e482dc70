"""Rows about requests: tokens, discovery, reading and creating users."""
import os
import random
import shutil
import sqlite3
import subprocess

from measure import BENCH, CORES, NUMBER, Doorward, Load, Process, Scratch, Tool, Window, alternate, http_text, median

NODE = os.path.join(BENCH, "node")
SCOPES = "read:things write:things delete:things"
AUDIENCE = "urn:bench:things"


def form(**members):
    return "&".join(f"{k}={v.replace(':', '%3A').replace(' ', '+')}" for k, v in members.items())


def token_request(path, **members):
    headers = {"Host": "localhost", "Content-Type": "application/x-www-form-urlencoded"}
    return http_text("POST", path, headers, form(grant_type="client_credentials", **members))


def make_api(server):
    """An API of one's own with three scopes, and a client that has all of them."""
    token = server.token()
    server.ask("POST", "/api/v2/resource-servers",
               {"identifier": AUDIENCE, "name": "things", "scopes": [{"value": s} for s in SCOPES.split()]}, token)
    client = server.ask("POST", "/api/v2/clients", {"name": "bench", "app_type": "non_interactive"}, token)
    server.ask("POST", "/api/v2/client-grants",
               {"client_id": client["client_id"], "audience": AUDIENCE, "scope": SCOPES.split()}, token)
    return client


def tokens(cfg, table):
    oidc_env = {"NODE_ENV": "production"}
    with Scratch() as scratch, Doorward(cfg.build, scratch + "/data") as server, \
            Process(["node", NODE + "/oidc.mjs"], oidc_env) as oidc, \
            Process(["node", NODE + "/oidc.mjs"], {**oidc_env, "WORKERS": str(CORES)}) as oidc_all:
        client = make_api(server)
        ours = Window(server, Load(scratch, server.base, [token_request(
            "/oauth/token", client_id=client["client_id"], client_secret=client["client_secret"], audience=AUDIENCE)]))
        theirs = [Window(p, Load(scratch, f"http://127.0.0.1:{p.line().strip()}", [token_request(
            "/token", client_id="bench", client_secret="bench-secret", resource=AUDIENCE, scope=SCOPES)])) for p in (oidc, oidc_all)]
        limit = Tool(cfg.build + "/bench/rsa_sign", "1", str(CORES))
        alternate(cfg.rounds, ours, limit, *theirs)
    us, sign = median(ours.cpu_us), limit.value(0)
    rate, one, all_cores = median(ours.rate), median(theirs[0].rate), median(theirs[1].rate)
    table.add("CPU a token (client_credentials, RS256 2048, secret checked, log entry kept)", f"{us:.0f} µs",
              f"one OpenSSL signature {sign:.0f} µs", us / sign, "≤ 1.12 ×", us / sign <= 1.12)
    table.add("the same of npm oidc-provider (in memory, no log)", f"{median(theirs[0].cpu_us):.0f} µs",
              f"one OpenSSL signature {sign:.0f} µs", median(theirs[0].cpu_us) / sign, "", None)
    table.add("tokens/s, all cores, load generator included", f"{rate:.0f}/s", f"npm oidc-provider as it starts {one:.0f}/s", rate / one,
              "≥ 1.5 ×", rate / one >= 1.5)
    table.add(f"the same against {CORES} processes of it", f"{rate:.0f}/s", f"{all_cores:.0f}/s", rate / all_cores, "", None)


def discovery(cfg, table):
    with Scratch() as scratch, Doorward(cfg.build, scratch + "/data") as server:
        server.token()  # the key is there
        for name, path in (("discovery", "/.well-known/openid-configuration"), ("JWKS", "/.well-known/jwks.json")):
            reply = subprocess.run(["curl", "-s", server.base + path], capture_output=True, check=True).stdout
            with open(scratch + "/reply", "wb") as f:
                f.write(reply)
            request = [http_text("GET", path, {"Host": "localhost"})]
            with Process(["node", NODE + "/bare.mjs", scratch + "/reply"]) as bare:
                # One thread of wrk answers for some 65,000 a second, less than what is measured.
                many = {"connections": 128, "threads": CORES}
                ours = Window(server, Load(scratch, server.base, request, **many))
                node = Window(bare, Load(scratch, f"http://127.0.0.1:{bare.line().strip()}", request, **many))
                alternate(cfg.rounds, ours, node)
            us, rate, other = median(ours.cpu_us), median(ours.rate), median(node.rate)
            table.add(f"CPU a {name} GET", f"{us:.1f} µs", f"bare Node http {median(node.cpu_us):.1f} µs", us / median(node.cpu_us),
                      "≤ 20 µs", us <= 20)
            table.add(f"{name} GET/s", f"{rate:.0f}/s", f"bare Node http {other:.0f}/s", rate / other, "≥ 1.5 ×", rate / other >= 1.5)


# --- users -----------------------------------------------------------------------


def fill(cfg, scratch, count):
    """A data directory whose default tenant has count users: search_fill's rows,
    copied into a tenant that the server made."""
    data = scratch + "/data"
    with Doorward(cfg.build, data) as server:
        server.token()
        path = server.database()
    made = cfg.filled(count)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("ATTACH ? AS made", (made,))
        for table in ("search_fields", "users", "user_terms", "user_sort_keys"):
            db.execute(f"DELETE FROM {table}")
            db.execute(f"INSERT INTO {table} SELECT * FROM made.{table}")
        db.execute("INSERT INTO identities (provider, native_id, user, connection, email) SELECT 'auth0', substr(uid, 7), id, "
                   "'Username-Password-Authentication', json_extract(doc, '$.email') FROM made.users ORDER BY 2")
        db.commit()
        uids = [r[0] for r in db.execute("SELECT uid FROM users")]
    db.close()  # the last one to close empties the WAL
    return data, uids


def user_reads(cfg, table):
    with Scratch() as scratch:
        data, uids = fill(cfg, scratch, cfg.users)
        with Doorward(cfg.build, data) as server, Process([cfg.build + "/bench/bench_echo"]) as echo:
            headers = {"Host": "localhost", "Authorization": "Bearer " + server.token("read:users")}
            base = f"http://localhost:{echo.line().split()[0]}"
            path = lambda uid: "/api/v2/users/" + uid.replace("|", "%7C")
            random.shuffle(uids)
            constant = Window(echo, Load(scratch, base, [http_text("GET", "/", headers)] * 50))
            lately = Window(server, Load(scratch, server.base, [http_text("GET", path(u), headers) for u in uids[:50]]))
            anyone = Window(server, Load(scratch, server.base, [http_text("GET", path(u), headers) for u in uids[:20000]]))
            alternate(cfg.rounds, constant, lately, anyone)
    floor = median(constant.cpu_us)
    for name, w, share in (("read lately", lately, 0.5), (f"random out of {len(uids):,}", anyone, 0.25)):
        us = median(w.cpu_us)
        table.add(f"GET /api/v2/users/{{id}}, token checked, {name}", f"{us:.1f} µs, {median(w.rate):.0f}/s",
                  f"constant reply of the same stack {floor:.1f} µs, {median(constant.rate):.0f}/s", floor / us, f"≥ {share:.2f} ×",
                  floor / us >= share)


def create_request(token):
    headers = {"Host": "localhost", "Authorization": "Bearer " + token, "Content-Type": "application/json"}
    return http_text("POST", "/api/v2/users", headers,
                     f'{{"connection":"email","email":"bench{NUMBER}@example.com","email_verified":true,"name":"Bench {NUMBER}",'
                     '"user_metadata":{"color":"blue"},"app_metadata":{"plan":"gold","group":"g1"}}')


def user_creation(cfg, table):
    """The limit writes the very rows that the server wrote, so it follows it in each round."""
    ours, limits, cpu, limit_cpu = [], [], [], []
    for _ in range(cfg.rounds):
        with Scratch() as scratch:
            with Doorward(cfg.build, scratch + "/data") as server:
                token = server.token()
                server.ask("POST", "/api/v2/connections", {"name": "email", "strategy": "email", "enabled_clients": [server.credentials["management"]["client_id"]]}, token)
                path = server.database()
                window = Window(server, Load(scratch, server.base, [create_request(server.token("create:users"))], 64), 3)
                server.settle()
                window.run()
            limit = Tool(cfg.build + "/bench/sqlite_rows", path, empty_copy(path, scratch), "64")
            limit.run()
            ours += window.rate
            cpu += window.cpu_us
            limits.append(limit.value(0))
            limit_cpu.append(limit.value(1))
    ratios = [a / b for a, b in zip(ours, limits)]
    table.add("durable user creation, 64 clients, no password", f"{median(ours):.0f}/s, {median(cpu):.0f} µs CPU",
              f"SQLite alone, same rows, 64 a commit {median(limits):.0f}/s, {median(limit_cpu):.0f} µs CPU; "
              f"rounds from {min(ratios):.2f} to {max(ratios):.2f} ×", median(ratios), "≥ 0.50 ×", median(ratios) >= 0.5)


def empty_copy(path, scratch):
    """The same database without users and what came with them."""
    copy = scratch + "/limit.db"
    shutil.copy(path, copy)
    with sqlite3.connect(copy) as db:
        for table in ("users", "identities", "user_terms", "user_sort_keys", "logs", "outbox", "daily_stats"):
            db.execute(f"DELETE FROM {table}")
        db.commit()
        db.execute("VACUUM")
    db.close()
    return copy


ROWS = {"tokens": tokens, "discovery": discovery, "user-reads": user_reads, "user-creation": user_creation}
