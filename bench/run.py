"""bench/run [--full] [--build DIR] [--no-doc] [names]: measures and prints; without
names every row, or with --full those that depend on the size, and then
docs/performance.md gets that table."""
import argparse
import datetime
import os
import re
import subprocess
import sys

import footprint
import measure
import moving
import people
import rates
import search

ROWS = {**rates.ROWS, **people.ROWS, **search.ROWS, **footprint.ROWS, **moving.ROWS}
SIZED = ["user-reads", "start", "search", "import", "many-tenants", "found"]
DOC = os.path.join(measure.ROOT, "docs/performance.md")


class Table:
    HEAD = ["what", "measured", "the machine's own limit", "ratio", "target", "met"]

    def __init__(self):
        self.rows = []

    def add(self, what, measured, limit, ratio, target, met):
        """ratio: None where nothing is compared; met: None where the design names no target."""
        row = [what, measured, limit, "" if ratio is None else f"{ratio:.2f} ×", target, {True: "yes", False: "**no**", None: ""}[met]]
        self.rows.append(row)
        print("  %s: %s%s%s%s" % (what, measured, f" | {limit}" if limit else "", f" | {row[3]}" if row[3] else "",
                                  f" | target {target}: {'met' if met else 'NOT MET'}" if met is not None else ""), flush=True)

    def markdown(self):
        return "\n".join("| " + " | ".join(r) + " |" for r in [self.HEAD, ["---"] * len(self.HEAD)] + self.rows)


class Config:
    def __init__(self, args):
        self.build = args.build
        self.rounds = args.rounds
        self.users = 1000000 if args.full else 100000
        self.tenants = 10000 if args.full else 1000

    def filled(self, count):
        """search_fill's database of count users; kept beside the build, since it takes a while."""
        path = os.path.join(self.build, f"bench/users-{count}.db")
        if not os.path.exists(path):
            subprocess.run([self.build + "/bench/search_fill", path + ".new", str(count)], check=True)
            os.rename(path + ".new", path)
        return path


def prepare(args):
    if not os.path.exists(args.build + "/build.ninja"):
        subprocess.run(["meson", "setup", args.build, "--buildtype=release", "-Dbench=true"], cwd=measure.ROOT, check=True,
                       stdout=subprocess.DEVNULL)
    subprocess.run(["tools/fetch-llhttp.sh", "build/llhttp"], cwd=measure.ROOT, check=True)
    subprocess.run(["meson", "configure", args.build, "-Dbench=true"], cwd=measure.ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", args.build], check=True, stdout=subprocess.DEVNULL)
    for tool, package in (("wrk", "wrk"), ("node", "nodejs"), ("npm", "npm"), ("curl", "curl")):
        if subprocess.run(["which", tool], stdout=subprocess.DEVNULL).returncode != 0:
            subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", package], check=True, stdout=subprocess.DEVNULL)
    if not os.path.isdir(rates.NODE + "/node_modules"):
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=rates.NODE, check=True, stdout=subprocess.DEVNULL)


def machine():
    with open("/proc/cpuinfo") as f:
        model = re.search(r"model name\s*:\s*(.+)", f.read()).group(1)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=measure.ROOT, capture_output=True, text=True).stdout.strip()
    return f"{datetime.date.today()}, commit {commit}, {measure.CORES} cores ({model}), load average {os.getloadavg()[0]:.1f} at the end."


def write_doc(table, mark):
    """The table is the run's; the words around it are ours."""
    with open(DOC, encoding="utf-8") as f:
        text = f.read()
    new = f"<!-- by {mark} -->\n{machine()}\n\n{table.markdown()}\n<!-- end -->"
    with open(DOC, "w", encoding="utf-8") as f:
        f.write(re.sub(rf"<!-- by {mark} -->.*?<!-- end -->", lambda m: new, text, flags=re.S))


def main():
    p = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    p.add_argument("--full", action="store_true", help="1,000,000 users, 10,000 tenants")
    p.add_argument("--build", default=os.path.join(measure.ROOT, "build/release"))
    p.add_argument("--rounds", type=int, default=5, help="windows a row (odd)")
    p.add_argument("--no-doc", action="store_true", help="leave docs/performance.md as it is")
    p.add_argument("names", nargs="*", help=", ".join(ROWS))
    args = p.parse_args()
    unknown = [n for n in args.names if n not in ROWS]
    if unknown:
        p.error("unknown: " + ", ".join(unknown))
    prepare(args)
    table, broken = Table(), []
    for name in args.names or (SIZED if args.full else ROWS):
        print(name, flush=True)
        try:
            ROWS[name](Config(args), table)
        except (measure.Failed, OSError, subprocess.CalledProcessError, TimeoutError) as e:
            broken.append(name)
            print(f"  could not be measured: {e}", file=sys.stderr)
    if not args.names and not args.no_doc and not broken:
        write_doc(table, "bench/run --full" if args.full else "bench/run")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
