#!/usr/bin/env python3
"""Checks of the C source that the compiler does not make: include direction, banned calls, foreign headers outside
their door, function and file length (with an allow-list that only shrinks), unregistered tests, machine paths."""
import os, re, subprocess, sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LAYERS = [["base"], ["json", "crypto"], ["contract"], ["store"], ["search"], ["domain"], ["script", "mail", "connect", "agent"],
          ["login", "api"], ["server"], ["cli"]]
RANK = {name: i for i, names in enumerate(LAYERS) for name in names}
BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|alloca|mktemp|tmpnam|system|popen)\s*\(")
# An outside library has one door.
DOORS = {"sqlite3.h": "src/store/sqlite.c", "llhttp.h": "src/server/http/parse", "openssl/ssl.h": "src/server/http/tls.c",
         "openssl/err.h": ("src/crypto", "src/server/http/tls.c"), "openssl/": "src/crypto",
         "argon2.h": "src/crypto", "crypt.h": "src/crypto", "pcre2.h": "src/contract", "utf8proc.h": "src/search", "zlib.h": ("src/base/gzip.c", "src/server/http/gzip.c")}
FUNCTION_MAX, FILE_MAX = 60, 800
LONG = {}  # "file:function": why it may be longer than FUNCTION_MAX lines

problems, checks = [], 0


def check(good, text):
    global checks
    checks += 1
    if not good:
        problems.append(text)


def strip(text):
    blank = lambda m: re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def functions(text):
    """(first line, length, name) of each function: from its head at column 0 to the brace at column 0."""
    lines, start = strip(text).split("\n"), None
    for i, line in enumerate(lines):
        if line and not line.startswith((" ", "\t", "#", "}", "{")) and "(" in line and not line.rstrip().endswith(";"):
            start = i if start is None else start
        if line.startswith(("#",)) or line.rstrip().endswith(";"):
            start = start if line.startswith((" ", "\t")) else None
        if line == "}" and start is not None:
            name = re.search(r"(\w+)\s*\(", lines[start])
            yield start + 1, i - start + 1, name.group(1) if name else "?"
            start = None


def door_of(header):
    hits = [d for d in DOORS if header == d or (d.endswith("/") and header.startswith(d))]
    return DOORS[max(hits, key=len)] if hits else None


def check_file(path):
    rel = os.path.relpath(path, ROOT)
    text = open(path, encoding="utf-8", errors="replace").read()
    layer = rel.split(os.sep)[1]
    for include in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, flags=re.M):
        other = include.split("/")[0]
        if other in RANK and layer in RANK:
            check(RANK[other] <= RANK[layer], "%s includes %s: upward" % (rel, include))
    for header in re.findall(r"^\s*#\s*include\s+<([^>]+)>", text, flags=re.M):
        door = door_of(header)
        if door:
            check(rel.startswith(door), "%s includes <%s>, whose door is %s" % (rel, header, door))
    for m in BANNED.finditer(strip(text)):
        check(False, "%s:%d calls %s" % (rel, text.count("\n", 0, m.start()) + 1, m.group(1)))
    check(text.count("\n") <= FILE_MAX, "%s has %d lines (at most %d)" % (rel, text.count("\n"), FILE_MAX))
    if rel.endswith(".c"):
        for at, length, name in functions(text):
            check(length <= FUNCTION_MAX or "%s:%s" % (rel, name) in LONG, "%s:%d: %s has %d lines" % (rel, at, name, length))


def check_built():
    """Every source is in its layer's list, every unit test and fuzz target in its own."""
    for d, _, names in os.walk(os.path.join(ROOT, "src")):
        layer = os.path.relpath(d, os.path.join(ROOT, "src")).split(os.sep)[0]
        listing = os.path.join(ROOT, "src", layer, "meson.build")
        if layer in (".", "gen") or not os.path.exists(listing):
            continue
        text = open(listing).read()
        for n in names:
            rel = os.path.relpath(os.path.join(d, n), os.path.join(ROOT, "src", layer))
            if n.endswith(".c") and rel != "main.c":
                check("'%s'" % rel in text, "src/%s/%s is not in src/%s/meson.build" % (layer, rel, layer))
    for folder, pattern in (("tests/unit", r"_test\.c$"), ("fuzz", r"\.c$")):
        listing = os.path.join(ROOT, folder, "meson.build")
        text = open(listing).read() if os.path.exists(listing) else ""
        for d, _, names in os.walk(os.path.join(ROOT, folder)):
            for n in names:
                rel = os.path.relpath(os.path.join(d, n), os.path.join(ROOT, folder))
                if re.search(pattern, n) and n != "replay.c":
                    check("'%s'" % rel[:-2] in text or "'%s'" % rel in text, "%s/%s is not in %s/meson.build" % (folder, rel, folder))


def check_texts():
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split("\n")
    marks = re.compile("/" + r"work/(main|shared)|registry\." + r"npmjs|deb\." + "debian")
    for f in filter(None, files):
        path = os.path.join(ROOT, f)
        if os.path.isfile(path):
            text = open(path, encoding="utf-8", errors="replace").read()
            check(not marks.search(text), "%s names a machine path or a registry" % f)


def main():
    for d, _, names in os.walk(os.path.join(ROOT, "src")):
        for n in sorted(names):
            if n.endswith((".c", ".h")):
                check_file(os.path.join(d, n))
    check_built()
    check_texts()
    for p in problems:
        print(p)
    print("%d passed, %d failed" % (checks - len(problems), len(problems)))
    sys.exit(1 if problems else 0)


main()
