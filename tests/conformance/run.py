#!/usr/bin/env python3
"""Replay ../shared/conformance against a fresh server and hold the rate of every operation (ratchet.tsv).

  run.py                 fails where an operation passes fewer of its recordings than ratchet.tsv says, and where a failure has
                         no reason in reasons.md
  run.py --update        writes ratchet.tsv and failures.md anew
  run.py --show PATTERN  the reasons of the failures whose operation or cassette holds PATTERN

Only operations of our own contract count; a cassette that uses others is replayed all the same, and failures after
such a step are marked "outside".
"""
import argparse, collections, json, os, re, shutil, subprocess, sys, tempfile, time, urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
REPLAY = os.path.join(ROOT, "../shared/conformance/replay.py")
RATCHET, FAILURES, REASONS = (os.path.join(HERE, n) for n in ("ratchet.tsv", "failures.md", "reasons.md"))
NEW = "2024-09-20"


class Server:
    def __init__(self, binary):
        self.folder = tempfile.mkdtemp(prefix="doorward-replay-")
        data = os.path.join(self.folder, "data")
        self.log = open(os.path.join(self.folder, "log"), "w+")
        self.process = subprocess.Popen([binary, "serve", "--data", data, "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0",
                                         "--no-supervisor"], stdout=subprocess.PIPE, stderr=self.log, text=True)
        for line in self.process.stdout:
            if "credentials:" in line:
                break
        with open(os.path.join(data, "credentials.json")) as f:
            self.credentials = json.load(f)
        self.base = self.credentials["base_url"]

    def get(self, path, body=None):
        rq = urllib.request.Request(self.base + path, json.dumps(body).encode() if body else None, {"Content-Type": "application/json"})
        with urllib.request.urlopen(rq, timeout=30) as r:
            return json.load(r)

    def token(self):
        m = self.credentials["management"]
        return self.get("/oauth/token", {"grant_type": "client_credentials", "client_id": m["client_id"],
                                         "client_secret": m["client_secret"], "audience": m["audience"]})["access_token"]

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def replay(server):
    out, token = os.path.join(server.folder, "out.json"), os.path.join(server.folder, "token")
    with open(token, "w") as f:
        f.write(server.token())
    subprocess.run([sys.executable, REPLAY, "--base", server.base, "--domain", server.credentials["domain"], "--token-file", token,
                    "--json", out], stdout=subprocess.DEVNULL, timeout=800)
    with open(out) as f:
        return json.load(f)["results"]


def contract_operations(server):
    doc = server.get("/api/v2/openapi.json")
    names = set()
    for path, item in doc["paths"].items():
        path = re.sub(r"\{[^}]*\}", "{}", re.sub(r"^/api/v2", "", path))
        names |= {m.upper() + " " + path for m in item if m in ("get", "post", "put", "patch", "delete")}
    return names


def normal(op):
    return re.sub(r"\{[^}]*\}", "{}", op)


class Tally:
    """Verdicts of the operations that are ours."""

    def __init__(self, results, ours):
        self.rows = []  # (op, date, cassette, n, verdict, why, outside)
        for c in results:
            outside = False
            for r in c["rows"]:
                mine = normal(r["op"]) in ours
                outside = outside or not mine
                if mine:
                    self.rows.append((r["op"], c["date"], c["name"], r["n"], r["verdict"], r["why"], outside))

    def by_operation(self, since=""):
        table = collections.defaultdict(collections.Counter)
        for op, date, _, _, verdict, _, _ in self.rows:
            if date >= since:
                table[op][verdict] += 1
        return table

    def rate(self, since="", only=None):
        n = collections.Counter(r[4] for r in self.rows if r[1] >= since and (only is None or only(r[0])))
        return n["pass"], n["pass"] + n["fail"]

    def newest_failures(self):
        newest = {}
        for op, date, _, _, verdict, _, _ in self.rows:
            if verdict != "skip":
                newest[op] = max(newest.get(op, ""), date)
        return [r for r in self.rows if r[4] == "fail" and r[1] == newest[r[0]]]

    def failures(self):
        return [r for r in self.rows if r[4] == "fail"]


def read_ratchet():
    if not os.path.exists(RATCHET):
        return {}
    with open(RATCHET) as f:
        rows = [l.rstrip("\n").split("\t") for l in f if not l.startswith("#")]
    return {r[0]: int(r[1]) for r in rows}


def percent(pair):
    return "%d of %d (%.1f %%)" % (pair[0], pair[1], 100.0 * pair[0] / max(pair[1], 1))


# What is built belongs to one of the first two sets; the others look at parts again. Roots are matched with what is below them,
# but for those that end in $.
SETS = [
    ("core", "tenants clients client-grants connections resource-servers logs users$ users/{}$ users/{}/logs users/{}/identities"),
    ("people", "users/{}/ roles groups organizations user-blocks anomaly blacklists grants device-credentials sessions refresh-tokens"
               " stats tickets jobs users-by-email"),
    ("users and logs", "users users-by-email logs"),
    ("jobs, users, users-by-email", "jobs users$ users/{}$ users-by-email"),
]


def in_set(roots, op):
    path = normal(op).split(" /", 1)[1] + "/"
    return any(path == r[:-1] + "/" if r.endswith("$") else path.startswith(r.rstrip("/") + "/") for r in roots.split())


def set_rates(t):
    core = SETS[0][1]
    for name, roots in SETS:
        mine = lambda op: in_set(roots, op) and (name != "people" or not in_set(core, op))
        late = [r for r in t.newest_failures() if mine(r[0])]
        yield name, t.rate("", mine), t.rate(NEW, mine), len({r[0] for r in t.rows if mine(r[0])}), len({r[0] for r in late})


def summary(t):
    lines = ["all: " + percent(t.rate()) + ", since %s: " % NEW + percent(t.rate(NEW))]
    for name, ever, new, operations, late in set_rates(t):
        lines.append("%s: %s, since %s: %s; of %d operations %d fail one of their newest recordings"
                     % (name, percent(ever), NEW, percent(new), operations, late))
    return lines


def read_reasons():
    """[(operations, parts of cassette names)]: what stands in backticks in the first column of the table in reasons.md."""
    rows = []
    with open(REASONS) as f:
        for line in f:
            cells = line.split("|")
            if len(cells) > 2 and "`" in cells[1]:
                words = re.findall(r"`([^`]*)`", cells[1])
                rows.append(({w for w in words if " /" in w}, [w for w in words if " /" not in w]))
    return rows


def unexplained(t):
    rows = read_reasons()
    covers = lambda ops, names, r: (not ops or r[0] in ops) and (not names or any(n in r[2] for n in names))
    return [r for r in t.failures() if not any(covers(o, n, r) for o, n in rows)]


def update(t):
    with open(RATCHET, "w") as f:
        f.write("# operation, interactions that pass, judged (passed + failed); made by run.py --update\n")
        for op, n in sorted(t.by_operation().items()):
            f.write("%s\t%d\t%d\n" % (op, n["pass"], n["pass"] + n["fail"]))
    with open(FAILURES, "w") as f:
        f.write("# What fails in the replay, and why\n\nMade by `tests/conformance/run.py --update`. *outside*: an earlier step of the"
                " cassette needs an operation that is not built yet.\n\n" + "".join("- %s\n" % l for l in summary(t)) + "\n")
        for op, date, name, n, _, why, outside in sorted(t.failures()):
            f.write("- `%s` %s #%d (%s)%s: %s\n" % (op, name, n, date, " *outside*" if outside else "", "; ".join(why)[:300]))


def compare(t):
    now, bad = t.by_operation(), 0
    for op, least in sorted(read_ratchet().items()):
        if now[op]["pass"] < least:
            bad += 1
            print("%s passes %d of its recordings, was %d" % (op, now[op]["pass"], least))
    for op, date, name, n, _, _, _ in unexplained(t):
        bad += 1
        print("%s %s #%d (%s) fails, and reasons.md does not say why" % (op, name, n, date))
    return len(now) - bad, bad


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--binary", default=os.path.join(ROOT, "build/debug/doorward"))
    ap.add_argument("--update", action="store_true")
    ap.add_argument("--show")
    a = ap.parse_args()
    server = Server(a.binary)
    try:
        t = Tally(replay(server), contract_operations(server))
    finally:
        server.stop()
    print("\n".join(summary(t)))
    if a.show is not None:
        for op, date, name, n, _, why, outside in sorted(t.failures()):
            if a.show in op or a.show in name:
                print("%s %s #%d (%s)%s\n    %s" % (op, name, n, date, " outside" if outside else "", "\n    ".join(why)))
    if a.update:
        update(t)
    good, bad = compare(t)
    print("%d passed, %d failed" % (good, bad))
    sys.exit(1 if bad else 0)


main()
