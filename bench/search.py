"""Rows about search: search_bench over what search_fill made. CPU time decides: on
a shared machine the clock's 99th percentile is the other processes'."""
import os
import re
import subprocess

# Kinds of search_bench that a number of the design speaks of, and its limit in milliseconds.
LIMITS = [
    ("equality, one hit", 5), ("equality, 200 hits", 5), ("equality, half of all", 5), ("prefix, few hits", 5), ("prefix, a tenth", 5),
    ("few AND half", 5), ("fifth AND half", 5), ("prefix AND fifth", 5), ("200 hits, sorted", 10), ("few-hit prefix, sorted", 40),
    ("1/1000, sorted", 40), ("1/900 by prefix, sorted by its like", 40), ("1/90 by prefix, sorted by its like", 40),
    ("1/90 by prefix, sorted by login", 40), ("twentieth, sorted", 40), ("fifth, sorted", 10), ("tenth by prefix, sorted", 10),
    ("range of dates, sorted by them", 10), ("tenth by prefix, sorted by itself", 10), ("all, sorted", 10),
]
# Dear kinds, and what bounds them (src/search/README.md).
BOUNDS = [
    ("OR of equalities", "walk"), ("bare term", "walk"), ("NOT", "walk"), ("NOT, rare", "walk, then sets"), ("missing", "walk"),
    ("range of dates", "walk"), ("range of numbers", "walk, then sets"), ("contradiction of two large ones", "sets"),
    ("leading wildcard", "one reading of the field's rows"), ("leading wildcard, many", "one reading of the field's rows"),
    ("1/45 by prefix, sorted by its like", "sort keys"), ("tenth by prefix, sorted by its like", "one reading of the sort field's rows"),
    ("twentieth, sorted, offset 950", "walk"), ("equality, half of all, total", "one count"), ("fifth AND half, total", "sets"),
    ("NOT, total", "sets"), ("leading wildcard, total", "sets"), ("ten thousand letters", "one term"), ("200 terms", "a look at the index a term"),
]


def measured(cfg, rounds):
    out = subprocess.run([cfg.build + "/bench/search_bench", cfg.filled(cfg.users), str(rounds)], capture_output=True, text=True, check=True).stdout
    found = {}
    for line in out.splitlines():
        m = re.match(r"(.+?)\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)\s+\((\d+)\)", line)
        if m:
            found[m.group(1)] = [float(v) for v in m.groups()[1:5]]
    return found


def search(cfg, table):
    found = measured(cfg, 200)
    for name, limit in LIMITS:
        wall50, wall99, cpu50, cpu99 = found[name]
        table.add(f"search, {cfg.users:,} users: {name}", f"p50 {cpu50:.2f} ms, p99 {cpu99:.2f} ms CPU",
                  f"by the clock p50 {wall50:.2f} ms, p99 {wall99:.2f} ms", None, f"p99 ≤ {limit} ms", cpu99 <= limit)
    for name, bound in BOUNDS:
        wall50, wall99, cpu50, cpu99 = found[name]
        table.add(f"search, {cfg.users:,} users: {name}", f"p50 {cpu50:.2f} ms, p99 {cpu99:.2f} ms CPU",
                  f"by the clock p50 {wall50:.2f} ms, p99 {wall99:.2f} ms", None, f"bounded by: {bound}", None)


def found(cfg, table):
    tries = cfg.users
    out = subprocess.run(["node", os.path.join(os.path.dirname(__file__), "found.js"), str(tries)], capture_output=True, text=True, check=True,
                         env={**os.environ, "DOORWARD": cfg.build + "/doorward"}).stdout
    done, seconds = out.split()
    table.add(f"writes found by the very next search, {tries:,} tries, 32 at once", f"{done} of {tries}", f"{int(done) / float(seconds):.0f} a second", None,
              "all", int(done) >= tries)


ROWS = {"search": search, "found": found}
