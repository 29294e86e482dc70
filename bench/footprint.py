"""Rows about what Doorward takes: time to start, memory, tenants, disk, build."""
import os
import shutil
import socket
import sqlite3
import subprocess
import time

from measure import ROOT, Doorward, Load, Scratch, children, cpu_s, free_port, median, memory_kib, run_s
from rates import fill, make_api, token_request

QUESTION = b"GET /.well-known/openid-configuration HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def first_answer(build, data):
    """Milliseconds from the start of the process to the first 200 of the default tenant, and of CPU until then. No sleep,
    only refused connections."""
    port = free_port()
    argv = [build + "/doorward", "serve", "--data", data, "--listen", f"127.0.0.1:{port}", "--tls-listen", "127.0.0.1:0"]
    started = time.monotonic()
    p = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while time.monotonic() < started + 20:
            try:
                with socket.create_connection(("127.0.0.1", port), 5) as s:
                    s.sendall(QUESTION)
                    if s.recv(15).startswith(b"HTTP/1.1 200"):
                        return (time.monotonic() - started) * 1e3, run_s([p.pid] + children(p.pid)) * 1e3
            except ConnectionRefusedError:
                pass
        raise TimeoutError("no answer")
    finally:
        p.terminate()
        p.wait(30)


def add_start(table, what, runs, limit):
    times = [wall for wall, _ in runs]
    table.add(f"start to first answer, {what}", f"{median(times):.1f} ms", f"best {min(times):.1f} ms, CPU {median(c for _, c in runs):.0f} ms",
              None, f"≤ {limit} ms", median(times) <= limit)


def start(cfg, table):
    first, again = [], []
    for _ in range(3 * cfg.rounds):
        with Scratch() as scratch:
            first.append(first_answer(cfg.build, scratch + "/data"))
            again.append(first_answer(cfg.build, scratch + "/data"))
    add_start(table, "the very first, which makes the directory", first, 15)
    add_start(table, "empty", again, 15)
    with Scratch() as scratch:
        data, _ = fill(cfg, scratch, cfg.users)
        add_start(table, f"{cfg.users:,} users", [first_answer(cfg.build, data) for _ in range(2 * cfg.rounds)], 50)


def settled_kib(server, what="Pss"):
    server.settle()
    return sum(memory_kib(p, what) for p in server.pids())


def memory(cfg, table):
    with Scratch() as scratch, Doorward(cfg.build, scratch + "/data") as server:
        client = make_api(server)
        idle = settled_kib(server) / 1024
        private = settled_kib(server, "Pss_Anon") / 1024
        table.add("idle memory, PSS of parent and server", f"{idle:.1f} MiB", f"{private:.1f} MiB of it anonymous", None, "≤ 12 MiB", idle <= 12)
        request = token_request("/oauth/token", client_id=client["client_id"], client_secret=client["client_secret"], audience="urn:bench:things")
        Load(scratch, server.base, [request], 128).run(3)
        after = settled_kib(server) / 1024
        private = settled_kib(server, "Pss_Anon") / 1024
        table.add("the same after three seconds of 128 busy connections", f"{after:.1f} MiB", f"{private:.1f} MiB of it anonymous", None,
                  "≤ 12 MiB", after <= 12)


def timed_ms(fn):
    start = time.monotonic()
    fn()
    return (time.monotonic() - start) * 1e3


def tenants(cfg, table):
    with Scratch() as scratch, Doorward(cfg.build, scratch + "/data") as server:
        server.settle()
        create, snapshot, restore = [], [], []
        before = cpu_s(server.pids())
        for i in range(4 * cfg.rounds):
            file = f"{scratch}/snapshot-{i}"
            create.append(timed_ms(lambda: server.control(command="tenant create", name=f"some{i}", domain=f"some{i}.localhost:8443")))
            snapshot.append(timed_ms(lambda: server.control(command="tenant snapshot", name=f"some{i}", file=file)))
            restore.append(timed_ms(lambda: server.control(command="tenant restore", name=f"some{i}", file=file)))
        cpu = (cpu_s(server.pids()) - before) / len(create) * 1e3
        for what, times in (("created", create), ("snapshot taken", snapshot), ("restored", restore)):
            table.add(f"a tenant {what} (by the control socket)", f"{median(times):.1f} ms",
                      f"best {min(times):.1f} ms; CPU of all three {cpu:.0f} ms", None, "≤ 5 ms", median(times) <= 5)


def ask_tenant(server, host):
    """Discovery, a token, and a list of users with it: what opens all that a tenant keeps open."""
    m = server.credentials["management"]
    server.ask("GET", "/.well-known/openid-configuration", host=host)
    body = {"grant_type": "client_credentials", "client_id": m["client_id"], "client_secret": m["client_secret"],
            "audience": f"https://{host}/api/v2/"}
    token = server.ask("POST", "/oauth/token", body, host=host)["access_token"]
    server.ask("GET", "/api/v2/users?per_page=5", token=token, host=host)


def rename_api(file, old, new):
    """The Management API of a snapshot under another tenant's domain."""
    db = sqlite3.connect(file)
    db.execute("PRAGMA synchronous = OFF")
    for place in ("documents SET body = replace(body, ?, ?)", "document_unique SET value = replace(value, ?, ?)",
                  "document_filter SET value = replace(value, ?, ?)"):
        db.execute("UPDATE " + place, (f"https://{old}/", f"https://{new}/"))
    db.commit()
    db.close()


def many_tenants(cfg, table):
    """All restored from one snapshot: with its keys, since making twice as many RSA keys is no question of memory."""
    hosts = [f"many{i}.localhost:8443" for i in range(cfg.tenants)]
    with Scratch() as scratch, Doorward(cfg.build, scratch + "/data") as server:
        server.token()
        before = settled_kib(server) / 1024
        file = scratch + "/snapshot"
        server.control(command="tenant snapshot", name="default", file=file)
        there = "localhost:8443"
        for i, host in enumerate(hosts):
            rename_api(file, there, host)
            there = host
            server.control(command="tenant create", name=f"many{i}", domain=host)
            server.control(command="tenant restore", name=f"many{i}", file=file)
        cpu = cpu_s(server.pids())
        for host in hosts:
            ask_tenant(server, host)
        cpu = (cpu_s(server.pids()) - cpu) / len(hosts) * 1e3
        after, private = settled_kib(server) / 1024, settled_kib(server, "Pss_Anon") / 1024
        rest = cpu_s(server.pids())
        time.sleep(10)
        rest = (cpu_s(server.pids()) - rest) * 100
    name = f"{cfg.tenants:,} tenants in one process, each asked for discovery, a token and users"
    table.add(name, f"{after:.0f} MiB", f"{private:.0f} MiB of it anonymous; {before:.0f} MiB with one", None, "≤ 512 MiB at 10,000",
              after <= 512 if cfg.tenants == 10000 else None)
    table.add("the same: CPU of opening one and the three requests; of all at rest", f"{cpu:.1f} ms; {rest:.0f} ms in 10 s", "", None, "", None)


def size(cfg, table):
    with Scratch() as scratch:
        stripped = scratch + "/doorward"
        shutil.copy(cfg.build + "/doorward", stripped)
        subprocess.run(["strip", stripped], check=True)
        mib = os.path.getsize(stripped) / 2**20
    table.add("installed size, stripped", f"{mib:.1f} MiB", "", None, "≤ 8 MiB", mib <= 8)


def build(cfg, table):
    """Without tests, fuzz targets and benchmarks: what ./run builds."""
    with Scratch() as scratch:
        started = time.monotonic()
        for argv in (["meson", "setup", scratch + "/b", "--buildtype=release"], ["ninja", "-j2", "-C", scratch + "/b"]):
            subprocess.run(argv, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        wall = time.monotonic() - started
    table.add("full build, 2 cores", f"{wall:.0f} s", "", None, "≤ 60 s", wall <= 60)


ROWS = {"start": start, "memory": memory, "tenants": tenants, "many-tenants": many_tenants, "size": size, "build": build}
