"""Rows about search: search_bench over what search_fill made. CPU time decides: on
a shared machine the clock's 99th percentile is the other processes'."""
import re
import subprocess

# Kinds of search_bench that a number of the design speaks of, and its limit in milliseconds.
LIMITS = [
    ("equality, one hit", 5), ("equality, 200 hits", 5), ("equality, half of all", 5), ("prefix, few hits", 5), ("prefix, a tenth", 5),
    ("few AND half", 5), ("fifth AND half", 5), ("prefix AND fifth", 5), ("200 hits, sorted", 10), ("few-hit prefix, sorted", 10),
    ("1/1000, sorted", 40), ("twentieth, sorted", 40), ("fifth, sorted", 10), ("tenth by prefix, sorted", 10), ("all, sorted", 10),
]


def search(cfg, table):
    out = subprocess.run([cfg.build + "/bench/search_bench", cfg.filled(cfg.users), "200"], capture_output=True, text=True, check=True).stdout
    found = {}
    for line in out.splitlines():
        m = re.match(r"(.+?)\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)\s+\((\d+)\)", line)
        if m:
            found[m.group(1)] = [float(v) for v in m.groups()[1:5]]
    for name, limit in LIMITS:
        if name not in found:
            continue
        wall50, wall99, cpu50, cpu99 = found[name]
        table.add(f"search, {cfg.users:,} users: {name}", f"p50 {cpu50:.2f} ms, p99 {cpu99:.2f} ms CPU",
                  f"by the clock p50 {wall50:.2f} ms, p99 {wall99:.2f} ms", None, f"p99 ≤ {limit} ms", cpu99 <= limit)


ROWS = {"search": search}
