"""Servers by pid, load by wrk, and what both cost the machine. Every rate is
taken in windows that alternate with those of the limit that it is compared
with, and medians are compared, since the machine is shared."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.parse

BENCH = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(BENCH)
CORES = os.cpu_count() or 1
TICK = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    pass


# --- processes -------------------------------------------------------------------


def children(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as f:
            for child in f.read().split():
                found += [int(child)] + children(int(child))
    return found


def cpu_s(pids):
    """User and system time of all threads so far, the load generator's not among them."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def run_s(pids):
    """The same to the nanosecond, of the threads that are alive."""
    total = 0
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat") as f:
                total += int(f.read().split()[0])
    return total / 1e9


def any_runs(pids):
    """Does a thread run, or would it if the others on this machine let it?"""
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/stat") as f:
                if f.read().rsplit(")", 1)[1].split()[0] == "R":
                    return True
    return False


def memory_kib(pid, what="Pss"):
    with open(f"/proc/{pid}/smaps_rollup") as f:
        return int(re.search(rf"^{what}:\s+(\d+)", f.read(), re.M).group(1))


class Process:
    """A child that is stopped by its own pid, with its children."""

    def __init__(self, argv, env=None):
        self.popen = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **(env or {})})

    def line(self):
        text = self.popen.stdout.readline().decode()
        if not text:
            raise Failed("a server ended at its start")
        return text

    def pids(self):
        return [self.popen.pid] + children(self.popen.pid)

    def stop(self):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(20)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        self.popen.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Doorward(Process):
    """`doorward serve` with its supervising parent, on ports of its own choice."""

    def __init__(self, build, data, flags=()):
        self.data = data
        self.binary = os.path.join(build, "doorward")
        super().__init__([self.binary, "serve", "--data", data, "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", *flags])
        self.line()
        self.line()
        with open(os.path.join(data, "credentials.json")) as f:
            self.credentials = json.load(f)
        self.base = self.credentials["base_url"]

    def settle(self):
        """Waits until the background (spare keys after a start) has nothing more to do."""
        for _ in range(200):
            before = cpu_s(self.pids())
            time.sleep(0.5)
            if cpu_s(self.pids()) - before < 0.03 and not any_runs(self.pids()):
                return
        raise Failed("the server does not come to rest")

    def ask(self, method, path, body=None, token=None, host=None):
        where = urllib.parse.urlsplit(self.base)
        c = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
        headers = {"Host": host or "localhost"}
        if token:
            headers["Authorization"] = "Bearer " + token
        if body is not None:
            headers["Content-Type"] = "application/json"
        c.request(method, path, json.dumps(body) if body is not None else None, headers)
        r = c.getresponse()
        text = r.read()
        c.close()
        if r.status >= 300:
            raise Failed(f"{method} {path}: {r.status} {text[:300]!r}")
        return json.loads(text) if text else None

    def token(self, scope=None, **other):
        m = self.credentials["management"]
        body = {"grant_type": "client_credentials", "client_id": m["client_id"], "client_secret": m["client_secret"],
                "audience": m["audience"], **other}
        if scope:
            body["scope"] = scope
        return self.ask("POST", "/oauth/token", body)["access_token"]

    def control(self, **command):
        """One command over the socket in the data directory."""
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(os.path.join(self.data, "control.sock"))
            s.sendall(json.dumps(command).encode() + b"\n")
            reply = b""
            while not reply.endswith(b"\n"):
                part = s.recv(65536)
                if not part:
                    raise Failed("the control socket was closed")
                reply += part
        reply = json.loads(reply)
        if "error" in reply:
            raise Failed(reply["error"])
        return reply["answer"]

    def database(self):
        folder = os.path.join(self.data, "tenants")
        return os.path.join(folder, next(n for n in os.listdir(folder) if n.startswith("default.") and n.endswith(".db")))


class Scratch:
    """A directory that goes with its last user."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="doorward-bench-")
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


# --- load ------------------------------------------------------------------------

LUA = """
local requests = {}
for line in io.lines("%s") do
  local q = line:gsub("\\\\r", "\\r"):gsub("\\\\n", "\\n")
  requests[#requests + 1] = q
end
local at, number, numbered = 0, 0, requests[1]:find("@number@") ~= nil
init = function(args) math.randomseed(os.time()) at = math.random(#requests) end
request = function()
  at = at %% #requests + 1
  if not numbered then return requests[at] end
  number = number + 1
  local q = requests[at]:gsub("@number@", string.format("%%08d", number))
  return q
end
"""
# One request that never changes is built once: calling Lua for each would hold wrk's thread below what a server can answer.
FIXED_LUA = """
for line in io.lines("%s") do
  local q = line:gsub("\\\\r", ""):gsub("\\\\n", "\\n")
  local head, body = q:match("^(.-)\\n\\n(.*)$")
  wrk.method, wrk.path = head:match("^(%%S+) (%%S+)")
  for name, value in head:gmatch("\\n([^:\\n]+): ([^\\n]*)") do
    if name ~= "Content-Length" then wrk.headers[name] = value end
  end
  if body ~= "" then wrk.body = body end
end
"""
NUMBER = "@number@"  # in a request: eight digits that no other request of a run has


def http_text(method, path, headers, body=""):
    head = f"{method} {path} HTTP/1.1\\r\\n" + "".join(f"{k}: {v}\\r\\n" for k, v in headers.items())
    if body:
        head += f"Content-Length: {len(body.encode())}\\r\\n"
    return head + "\\r\\n" + body


class Load:
    """The same requests over and over; each one of `requests` a line (http_text). Rates are compared only between loads of
    one request, or of several."""

    def __init__(self, scratch, base, requests, connections=8, threads=1):
        name = os.path.join(scratch, f"load-{time.monotonic_ns()}")
        with open(name + ".txt", "w") as f:
            f.write("\n".join(requests) + "\n")
        with open(name + ".lua", "w") as f:
            fixed = len(requests) == 1 and NUMBER not in requests[0]
            f.write((FIXED_LUA if fixed else LUA) % (name + ".txt"))
        self.argv = ["wrk", f"-t{threads}", f"-c{connections}", "-s", name + ".lua", base]

    def run(self, seconds):
        """Answers in total and a second; an answer that is no 2xx is a failure of the benchmark."""
        out = subprocess.run(self.argv[:1] + [f"-d{seconds}s"] + self.argv[1:], capture_output=True, text=True, check=True).stdout
        wrong = re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (?!connect 0, read 0, write 0, timeout 0)(.*)", out)
        if wrong:
            raise Failed("load: " + wrong.group(0))
        return int(re.search(r"(\d+) requests in", out).group(1)), float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


class Window:
    """A server under a load: CPU microseconds a request and requests a second, by median."""

    def __init__(self, server, load, seconds=2):
        self.server, self.load, self.seconds = server, load, seconds
        self.cpu_us, self.rate = [], []

    def run(self):
        pids = self.server.pids()
        before = cpu_s(pids)
        count, rate = self.load.run(self.seconds)
        time.sleep(0.15)  # what was put off until after the answer is part of the cost
        self.cpu_us.append((cpu_s(pids) - before) / count * 1e6)
        self.rate.append(rate)


class Tool:
    """A program that prints numbers; their medians by place."""

    def __init__(self, *argv):
        self.argv, self.runs = argv, []

    def run(self):
        out = subprocess.run(self.argv, capture_output=True, text=True)
        if out.returncode != 0:
            raise Failed(out.stderr.strip() or f"{self.argv[0]} failed")
        self.runs.append([float(v) for v in out.stdout.split()])

    def value(self, place):
        return statistics.median(r[place] for r in self.runs)


def alternate(rounds, *windows):
    for w in windows:
        if isinstance(getattr(w, "server", None), Doorward):
            w.server.settle()
    for w in windows:
        w.run()  # warms up; not counted
        for attribute in ("cpu_us", "rate", "runs"):
            if hasattr(w, attribute):
                getattr(w, attribute).clear()
    for _ in range(rounds):
        for w in windows:
            w.run()


def median(values):
    return statistics.median(values)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
