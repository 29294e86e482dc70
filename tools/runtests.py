#!/usr/bin/env python3
"""Every test of the project, stage by stage; called by ./test. Ends with "N passed, N failed".

  runtests.py [--full] [STAGE …]
"""
import json, os, re, shutil, subprocess, sys, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARED = os.path.join(ROOT, "../shared")
DEBUG, ASAN = "build/debug", "build/asan"
FULL = "--full" in sys.argv
passed, failed, lines = 0, 0, []


def tally(stage, good, bad, note=""):
    global passed, failed
    passed, failed = passed + good, failed + bad
    lines.append("%-12s %5d passed, %d failed%s" % (stage, good, bad, "  (%s)" % note if note else ""))
    print("== " + lines[-1], flush=True)


def run(command, timeout=900, env=None, cwd=ROOT):
    """(exit code, output) of a command; 124 when it takes too long."""
    try:
        p = subprocess.run(command, cwd=cwd, env=dict(os.environ, **(env or {})), stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, errors="replace", timeout=timeout)
        return p.returncode, p.stdout
    except subprocess.TimeoutExpired as e:
        out = e.stdout or b""
        return 124, (out.decode("utf-8", "replace") if isinstance(out, bytes) else out) + "\ntimed out"


def show(output, limit=6000):
    print(output[-limit:], flush=True)


def build_dir(path, *options):
    code, out = run(["tools/fetch-llhttp.sh", "build/llhttp"])
    if code == 0 and not os.path.exists(os.path.join(ROOT, path, "build.ninja")):
        code, out = run(["meson", "setup", path, *options])
    if code == 0:
        code, out = run(["ninja", "-C", path], timeout=1800)
    if code:
        show("\n".join(l for l in out.splitlines() if not l.startswith("[")))
    return code == 0


def build():
    good = build_dir(DEBUG, "--buildtype=debugoptimized", "-Dwerror=true")
    tally("build", int(good), int(not good))
    if not good:
        finish()


def source():
    code, out = run([sys.executable, "tools/check-source.py"])
    if code:
        show(out)
    m = re.search(r"(\d+) passed, (\d+) failed", out)
    tally("source", *(map(int, m.groups()) if m else (0, 1)))
    code, out = run([sys.executable, "tools/contract.py", "--check"])
    if code:
        show(out)
    tally("contract", int(code == 0), int(code != 0))


def generator():
    code, out = run([sys.executable, "tests/unit/contract/generator_test.py"])
    if code:
        show(out)
    m = re.search(r"(\d+) passed, (\d+) failed", out)
    tally("generator", *(map(int, m.groups()) if m else (0, 1)))


def unit():
    if not build_dir(ASAN, "--buildtype=debugoptimized", "-Dwerror=true", "-Db_sanitize=address,undefined", "-Db_lundef=false",
                     "-Dtests=true", "-Dfuzz=true"):
        return tally("unit", 0, 1, "build")
    env = {"ASAN_OPTIONS": "detect_leaks=1", "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
    good = bad = 0
    for exe in executables(os.path.join(ASAN, "tests/unit"), "_test"):
        more = {"USERS_SAMPLE": "100000 1000", "DIFFERENTIAL_QUERIES": "100000"} if FULL else {}
        code, out = run([exe], env=dict(env, **more), timeout=3600 if FULL else 300)
        good += len(re.findall(r"^\[       OK \]", out, flags=re.M))
        wrong = len(re.findall(r"^\[  FAILED  \] [\w.]*: ?", out, flags=re.M)) or len(set(re.findall(r"^\[  FAILED  \] (\S+)", out, flags=re.M)))
        if code and not wrong:
            wrong = 1
        bad += wrong
        if code:
            print("-- " + os.path.relpath(exe, ROOT))
            show(out, 3000)
    tally("unit", good, bad)


def executables(folder, suffix):
    for d, _, names in sorted(os.walk(os.path.join(ROOT, folder))):
        for n in sorted(names):
            p = os.path.join(d, n)
            if n.endswith(suffix) and os.access(p, os.X_OK) and os.path.isfile(p):
                yield p


def fuzz():
    good = bad = 0
    for exe in executables(os.path.join(ASAN, "fuzz"), "_replay"):
        seeds = os.path.join(ROOT, "fuzz/seeds", os.path.basename(exe)[: -len("_replay")])
        code, out = run([exe, seeds], timeout=300)
        good, bad = good + (code == 0), bad + (code != 0)
        if code:
            print("-- " + os.path.basename(exe))
            show(out, 3000)
    tally("fuzz seeds", good, bad)


def npm_install():
    folder = os.path.join(ROOT, "tests")
    stamp = os.path.join(folder, "node_modules/.package-lock.json")
    lock = os.path.join(folder, "package.json")
    if os.path.exists(stamp) and os.path.getmtime(stamp) >= os.path.getmtime(lock):
        return True
    code, out = run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder)
    if code:
        show(out)
    elif os.path.exists(stamp):
        os.utime(stamp)
    return code == 0


def node():
    """The Node that the newest clients want, pinned as an npm package; else the machine's."""
    pinned = os.path.join(ROOT, "tests/node_modules/node/bin/node")
    return pinned if os.path.exists(pinned) else "node"


def node_tests(stage, folder, timeout=900, env=None, at_once=2):
    files = sorted(f for f in os.listdir(os.path.join(ROOT, folder)) if f.endswith((".test.js", ".test.mjs"))) \
        if os.path.isdir(os.path.join(ROOT, folder)) else []
    if not files:
        return
    if not npm_install():
        return tally(stage, 0, 1, "npm install")
    code, out = run([node(), "--test", "--test-concurrency=%d" % at_once, "--test-reporter=tap", *[os.path.join(folder, f) for f in files]], timeout=timeout,
                    env=dict({"DOORWARD": os.path.join(ROOT, DEBUG, "doorward")}, **(env or {})))
    good = re.search(r"^# pass (\d+)", out, flags=re.M)
    bad = re.search(r"^# fail (\d+)", out, flags=re.M)
    good, bad = int(good.group(1)) if good else 0, int(bad.group(1)) if bad else 0
    if code or bad:
        bad = bad or 1
        keep = [l for l in out.splitlines() if not re.match(r"^\s*(ok |# Subtest|---|\.\.\.|duration_ms|type:)", l)]
        show("\n".join(keep), 12000)
    tally(stage, good, bad)


def api():
    node_tests("api", "tests/api")


def http():
    echo = os.path.join(ROOT, ASAN, "tests/unit/http_echo")
    node_tests("http", "tests/api/http", env={"HTTP_ECHO": echo}, at_once=1)  # its time-outs are short


def clients():
    node_tests("clients", "tests/clients")


def faults():
    if not os.path.exists(os.path.join(ROOT, "tools/faults")):
        return
    code, out = run(["tools/faults", "200" if FULL else "40"], timeout=900)
    if code:
        show(out)
    m = re.search(r"(\d+) passed, (\d+) failed", out)
    tally("faults", *(map(int, m.groups()) if m else (int(code == 0), int(code != 0))))


def conformance():
    if not os.path.exists(os.path.join(SHARED, "conformance/replay.py")):
        print("== conformance  skipped: ../shared is not here")
        return
    code, out = run([sys.executable, "tests/conformance/run.py"], timeout=900)
    if code:
        show(out)
    m = re.search(r"(\d+) passed, (\d+) failed", out)
    tally("conformance", *(map(int, m.groups()) if m else (0, 1)))


STAGES = [build, source, generator, unit, fuzz, http, api, clients, faults, conformance]


def finish():
    print("\n" + "\n".join(lines))
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed or not passed else 0)


def main():
    asked = [a for a in sys.argv[1:] if not a.startswith("-")]
    for stage in STAGES:
        if not asked or stage.__name__ in asked:
            began = time.time()
            stage()
            print("   %.1f s" % (time.time() - began), flush=True)
    finish()


main()
