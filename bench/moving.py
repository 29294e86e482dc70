"""Rows about users in and out: imports with hashes given into an empty tenant and into the full one, an export, their
memory, and what others notice meanwhile. CPU is the server's; on a shared machine the clock tells more about the others."""
import gzip
import http.client
import json
import os
import threading
import time
import urllib.parse

import measure
from measure import Doorward, Failed, Scratch

HASH = "$2b$10$abcdefghijklmnopqrstuuK9ZAeTZ7JX6mtHmFNdZWm2cyUkoXHnG"
USER = ('{"email":"person%d@d%d.example","email_verified":%s,"given_name":"Given%d","family_name":"Family%d","password_hash":"' + HASH +
        '","user_id":"%s","app_metadata":{"plan":"%s","rare":"r%d"},"user_metadata":{"color":"c%d","note":"' + "n" * 60 + '"}}')
EDGE = "xXxEdGe"
SAMPLE_S = 0.05
TARGET = {"empty": 1000000 / 60, "full": 5000}


def user_id(i):
    """Spread over the whole of its range, as identities from elsewhere are."""
    return "%024x" % (i * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2 ** 96)


def user(i):
    return USER % (i, i % 1000, "true" if i % 2 else "false", i % 5000, i % 9000, user_id(i), "gold" if i % 2 else "free", i % 5000, i % 7)


def write_form(path, connection, first, count):
    """A whole multipart body; returns its length."""
    with open(path, "w") as f:
        f.write(f'--{EDGE}\r\nContent-Disposition: form-data; name="connection_id"\r\n\r\n{connection}\r\n--{EDGE}\r\n'
                'Content-Disposition: form-data; name="users"; filename="users.json"\r\n\r\n[')
        for at in range(first, first + count, 10000):
            f.write(("," if at > first else "") + ",\n".join(map(user, range(at, min(at + 10000, first + count)))))
        f.write(f"]\r\n--{EDGE}--\r\n")
    return os.path.getsize(path)


class Memory(threading.Thread):
    """The most that the server had, in MiB: anonymous, and with what is mapped or shared."""

    def __init__(self, pids):
        super().__init__(daemon=True)
        self.pids, self.ended = pids, threading.Event()
        self.idle = self.sample()
        self.most = list(self.idle)

    def sample(self):
        anonymous = resident = 0
        for pid in self.pids:
            with open(f"/proc/{pid}/status") as f:
                rows = dict(line.split(":", 1) for line in f)
            anonymous += int(rows["RssAnon"].split()[0])
            resident += int(rows["VmRSS"].split()[0])
        return [anonymous / 1024, resident / 1024]

    def run(self):
        while not self.ended.wait(SAMPLE_S):
            self.most = list(map(max, self.most, self.sample()))

    def end(self):
        self.ended.set()
        self.join()
        return [m - i for m, i in zip(self.most, self.idle)]


class Asking(threading.Thread):
    """One client with one connection that asks, rests a little, and asks again."""

    def __init__(self, server, host, token, method, path, body=None):
        super().__init__(daemon=True)
        where = urllib.parse.urlsplit(server.base)
        self.connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
        self.headers = {"Host": host, "Authorization": "Bearer " + token, "Content-Type": "application/json"}
        self.request = method, path, json.dumps(body) if body else None
        self.ended, self.times = threading.Event(), []

    def run(self):
        while not self.ended.is_set():
            began = time.monotonic()
            self.connection.request(*self.request, self.headers)
            answer = self.connection.getresponse()
            answer.read()
            self.times.append(time.monotonic() - began)
            if answer.status >= 300:
                raise Failed(f"beside: {answer.status}")
            self.ended.wait(0.005)

    def end(self):
        self.ended.set()
        self.join()
        self.connection.close()
        return sorted(self.times)


def p99_ms(times):
    return times[len(times) * 99 // 100] * 1000 if times else 0.0


BESIDE = ["reads of the tenant", "reads of another tenant", "writes of the tenant"]


class Beside:
    """Reads and writes of the tenant and reads of another one: sorted times, in BESIDE's order."""

    def __init__(self, server, token, other_token):
        path = "/api/v2/users/auth0%7C" + user_id(7)
        self.clients = [Asking(server, "localhost", token, "GET", path), Asking(server, "other.localhost", other_token, "GET", "/api/v2/clients"),
                        Asking(server, "localhost", token, "PATCH", path, {"user_metadata": {"beside": True}})]

    def __enter__(self):
        for c in self.clients:
            c.start()
        return self

    def __exit__(self, *_):
        self.times = [c.end() for c in self.clients]


def upload(server, token, path):
    where = urllib.parse.urlsplit(server.base)
    c = http.client.HTTPConnection(where.hostname, where.port, timeout=600)
    with open(path, "rb") as body:
        c.request("POST", "/api/v2/jobs/users-imports", body, {
            "Host": "localhost", "Authorization": "Bearer " + token, "Content-Type": "multipart/form-data; boundary=" + EDGE,
            "Content-Length": str(os.path.getsize(path))})
        r = c.getresponse()
        text = r.read()
    c.close()
    if r.status >= 300:
        raise Failed(f"import: {r.status} {text[:300]!r}")
    return json.loads(text)


def ended(server, token, job):
    while True:
        j = server.ask("GET", "/api/v2/jobs/" + job["id"], token=token)
        if j["status"] in ("completed", "failed"):
            return j
        time.sleep(0.1)


class Import:
    """One, measured from the upload's end to the job's."""

    def __init__(self, server, token, path, count):
        pids = server.pids()
        job = upload(server, token, path)
        memory, cpu, began = Memory(pids), measure.cpu_s(pids), time.monotonic()
        memory.start()
        job = ended(server, token, job)
        self.took, self.cpu, self.memory = time.monotonic() - began, measure.cpu_s(pids) - cpu, memory.end()
        if job.get("summary", {}).get("inserted") != count:
            raise Failed(f"import: {job}")

    def row(self, table, what, count, kind):
        table.add(f"{what}, {count:,} users with hashes", f"{self.took:.1f} s, {count / self.took:.0f}/s", f"CPU {self.cpu:.1f} s", None,
                  f"≥ {TARGET[kind]:.0f}/s", count / self.took >= TARGET[kind])
        table.add(f"memory of it above idle, {what}", f"{self.memory[0]:.0f} MiB anonymous", f"{self.memory[1]:.0f} MiB with mapped files",
                  None, "≤ 64 MiB", self.memory[0] <= 64)


def export(server, token, table):
    pids = server.pids()
    memory, cpu, began = Memory(pids), measure.cpu_s(pids), time.monotonic()
    memory.start()
    job = ended(server, token, server.ask("POST", "/api/v2/jobs/users-exports", {"format": "json"}, token=token))
    took, cpu, most = time.monotonic() - began, measure.cpu_s(pids) - cpu, memory.end()
    link = urllib.parse.urlsplit(job["location"])
    c = http.client.HTTPConnection(link.hostname, urllib.parse.urlsplit(server.base).port, timeout=600)
    c.request("GET", link.path + "?" + link.query, headers={"Host": link.netloc})
    with gzip.open(c.getresponse()) as lines:
        count = sum(1 for _ in lines)
    c.close()
    table.add(f"export, {count:,} users", f"{took:.1f} s, {count / took:.0f}/s", f"CPU {cpu:.1f} s", None, "≤ 30 s a million",
              count / took >= 1000000 / 30)
    table.add("memory of it above idle, export", f"{most[0]:.0f} MiB anonymous", f"{most[1]:.0f} MiB with mapped files", None, "≤ 64 MiB",
              most[0] <= 64)


def other_token(server):
    m = server.control(command="tenant create", name="other", domain="other.localhost")["management"]
    return server.ask("POST", "/oauth/token", {"grant_type": "client_credentials", **m}, host="other.localhost")["access_token"]


def beside(server, token, path, count, table):
    other = other_token(server)
    with Beside(server, token, other) as idle:
        time.sleep(3)
    with Beside(server, token, other) as busy:
        Import(server, token, path, count)
    for name, was, now in zip(BESIDE, idle.times, busy.times):
        before, after = p99_ms(was), p99_ms(now)
        if name.startswith("writes"):
            table.add(f"{name} beside an import, the longest", f"{now[-1] * 1000:.0f} ms, p99 {after:.1f} ms", f"idle p99 {before:.1f} ms", None,
                      "≤ 250 ms", now[-1] <= 0.25)
        else:
            table.add(f"{name} beside an import, p99", f"{after:.1f} ms", f"idle {before:.1f} ms", after / before, "≤ 10 ×", after <= 10 * before)


def moving(cfg, table):
    count, more = cfg.users, max(cfg.users // 5, 20000)
    with Scratch() as top, Doorward(cfg.build, top + "/data") as server:
        server.settle()
        token = server.token()
        connection = server.ask("GET", "/api/v2/connections?strategy=auth0", token=token)[0]["id"]
        path = top + "/users.form"
        write_form(path, connection, 0, count)
        Import(server, token, path, count).row(table, "import, empty tenant", count, "empty")
        write_form(path, connection, count, more)
        Import(server, token, path, more).row(table, f"import, tenant with {count:,} users", more, "full")
        export(server, token, table)
        write_form(path, connection, count + more, more)
        beside(server, token, path, more, table)


ROWS = {"import": moving}
