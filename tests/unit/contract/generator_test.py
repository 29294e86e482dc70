#!/usr/bin/env python3
"""The generator refuses a contract that contradicts itself, with a line that names file, operation and what.
Ends with "N passed, N failed"."""
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))

GOOD = """
group: things
resources:
  thing:
    id: thg_ alnum 16
    unique: {name: thing_exists}
    missing: no_thing
    filters: {name: name}
    defaults: {size: 3}
types:
  Tree: {name: string, children: list of Tree}
  Base:
    name!: string 1..20 /^[^<>]+$/ -- the name
    size: integer 1..9 = 3
  Thing: {$use: [Base], $optional: true, id: string, tree: Tree or null}
  CreateThing: {$use: [Base], kind: one of a b or null, tree: Tree}
operations:
  GET /things:
    id: get_things
    title: Get things
    scopes: read:things | (update:things & read:all)
    query: {name: string}
    page: {items: things, of: Thing}
    does: list
  POST /things:
    id: post_things
    title: Create a thing
    scopes: create:things
    body: CreateThing
    reply: {201: Thing}
    does: create
acts:
  stored: [name]
  size: {code: thing.c, test: "tests/thing.test.js: size counts"}
waits: {later: [kind, tree]}
"""
ERRORS = """
thing_exists: {v2: [409, "", "A thing of that name exists"]}
no_thing: {v2: [404, no_thing, "No thing"]}
"""

# name, text to replace in GOOD, by what, what the error line must hold (None: no error)
ROWS = [
    ("nothing is wrong", "", "", None),
    ("unknown key of an operation", "does: list", "does: list\n    dose: list", "GET /things: unknown key dose"),
    ("unknown key of a file", "group: things", "group: things\ngroups: x", "unknown key groups"),
    ("undefined type", "of: Thing}", "of: Thong}", "GET /things: undefined type Thong"),
    ("undefined type in a type", "list of Tree", "list of Trees", "type Tree: children: undefined type Trees"),
    ("unknown format", "name: string, children", "name: string e-mail, children", "no such format: e-mail"),
    ("unknown directive", "$optional: true", "$optinal: true", "unknown $optinal"),
    ("unreadable line", "kind: one of a b or null", "kind: one off a b", "cannot read"),
    ("a range upside down", "1..20", "20..1", "empty range"),
    ("pattern without end", "/^[^<>]+$/", "/^[^<>]+$", "pattern without its last slash"),
    ("default outside its type", "1..9 = 3", "1..9 = 12", "default 12 is outside its own type"),
    ("default that is no JSON", "1..9 = 3", "1..9 = three", "default is no JSON"),
    ("the resource's default is refused at creation", "{size: 3}", "{size: 33}", "default of size is refused"),
    ("duplicate operation id", "id: post_things", "id: get_things", "operationId get_things is also that of"),
    ("duplicate path", "POST /things:", "GET /{x}/a:\n    {id: a, title: a, scopes: 'read:a', reply: {204: }}\n"
     "  GET /{y}/a:\n    {id: b, title: b, scopes: 'read:a', reply: {204: }}\n  POST /things:", "stands also in"),
    ("duplicate key", "kind: one of a b or null", "kind: string, kind: string", "stands twice"),
    ("unknown error kind", "missing: no_thing", "missing: nothing", "resource thing: no such error kind: nothing"),
    ("scopes that cannot be read", "(update:things & read:all)", "(update:things & ", "scopes: "),
    ("no scopes", "    scopes: create:things\n", "", "POST /things: has no scopes"),
    ("no reply", "    reply: {201: Thing}\n", "", "POST /things: has no reply"),
    ("does what", "does: create", "does: magic", "does what? magic"),
    ("a path type that is not in the path", "    body: CreateThing", "    path: {x: string}\n    body: CreateThing",
     "path names x, which is not in it"),
    ("a member that nothing obeys", "later: [kind, tree]", "later: [tree]", "kind is accepted, but nothing obeys it"),
    ("a member inside, that nothing obeys", "later: [kind, tree]", "later: [kind, tree.name]", "nothing obeys it"),
    ("a member obeyed twice", "stored: [name]", "stored: [name, kind]", "kind stands twice"),
    ("what is no member", "stored: [name]", "stored: [name, nome]", "nome is no member of any request"),
    ("code that is not there", "code: thing.c", "code: thong.c", "thong.c is not there"),
    ("a test that is not there", "size counts", "size matters", "no test 'size matters' in tests/thing.test.js"),
    ("a test file that is not there", "tests/thing.test.js", "tests/thong.test.js", "tests/thong.test.js is not there"),
    ("a type made of itself alone", "Tree: {name: string, children: list of Tree}", "Tree: Tree", "made of itself"),
    ("an id rule that cannot be read", "thg_ alnum 16", "thg 16", "id is like"),
    ("YAML that cannot be read", "group: things", "group: [things", "YAML"),
]


def run(contract, errors=ERRORS, *options):
    root = tempfile.mkdtemp(prefix="doorward-contract-")
    try:
        for folder in ("contract/v2", "src/contract", "tests"):
            os.makedirs(os.path.join(root, folder))
        for path, text in (("contract/v2/things.yaml", contract), ("contract/errors.yaml", errors), ("src/thing.c", ""),
                           ("tests/thing.test.js", "test('size counts')")):
            with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                f.write(text)
        shutil.copy(os.path.join(ROOT, "src/contract/format.c"), os.path.join(root, "src/contract/format.c"))
        p = subprocess.run([sys.executable, os.path.join(ROOT, "tools/contract.py"), "--root", root, *options],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        made = os.path.exists(os.path.join(root, "build/gen/contract_tables.c"))
        return p.returncode, p.stdout, made
    finally:
        shutil.rmtree(root)


def check(name, good, output=""):
    if not good:
        print("FAILED %s\n%s" % (name, output))
    return good


def row_holds(name, old, new, want):
    if old not in GOOD:
        return check(name, False, "the row's text is not in the sample")
    code, out, made = run(GOOD.replace(old, new, 1) if old else GOOD)
    if want is None:
        return check(name, code == 0 and out == "" and made, out)
    one_line = any(want in line and line.startswith("error: contract") for line in out.splitlines())
    return check(name, code == 1 and one_line and not made and "Traceback" not in out, out)


def others():
    code, out, made = run(GOOD.replace("size counts", "size matters"), ERRORS, "--lenient")
    yield check("lenient goes on", code == 0 and made and "1 gaps" in out, out)
    code, out, made = run(GOOD.replace("of: Thing}", "of: Thong}"), ERRORS, "--lenient")
    yield check("lenient leaves out and says so", code == 0 and made and "undefined type Thong" in out, out)
    code, out, _ = run(GOOD, ERRORS + "bad: {v2: [500, \"\", \"{0}\"], log: true}\n")
    yield check("arguments of logged kinds stay inside", code == 1 and "log: true" in out, out)
    code, out, _ = run(GOOD, ERRORS + "bad: {v3: [500, \"\", \"x\"]}\n")
    yield check("a column that no API has", code == 1 and "unknown column v3" in out, out)


def main():
    results = [row_holds(*row) for row in ROWS] + list(others())
    print("%d passed, %d failed" % (sum(results), len(results) - sum(results)))
    return 0 if all(results) else 1


sys.exit(main())
