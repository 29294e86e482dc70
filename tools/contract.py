#!/usr/bin/env python3
"""contract/**/*.yaml → const C tables, OpenAPI documents, docs (contract/README.md explains the format).

  contract.py [--lenient] [--out DIR]   check everything and write the tables (default build/gen)
  contract.py --check                   check only
  contract.py --docs                    check and write docs/coverage.md and docs/settings.md
  contract.py --kinds FILE              the error kinds alone

--lenient, for the time while parts are being written: what is wrong is told and left out, members that nothing obeys
and tests that are not there yet are told, and handlers that nobody has written are NULL.
"""
import argparse
import os
import sys

sys.dont_write_bytecode = True
from contract import check, docs, emit_c, emit_routes, model, openapi, read  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def write(path, text):
    """Untouched when nothing changed, so that nothing is compiled again; never seen half written."""
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    try:
        with open(path, encoding="utf-8") as f:
            if f.read() == text:
                return
    except OSError:
        pass
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write(text)
    os.replace(path + ".new", path)


def tables(c, out, lenient):
    weak = " __attribute__((weak))" if lenient else ""
    documents = {a: emit_c.compact(openapi.Document(c, a).make()) for a in model.APIS}
    write(os.path.join(out, "err_kinds.h"), emit_c.err_kinds_h(c.errors))
    write(os.path.join(out, "contract_tables.c"), emit_c.contract_tables_c(c, documents, weak))
    write(os.path.join(out, "ids.h"), emit_c.ids_h(c))
    write(os.path.join(out, "routes.h"), emit_routes.routes_h())
    write(os.path.join(out, "routes.c"), emit_routes.routes_c(c, weak))
    for api, text in documents.items():
        write(os.path.join(out, "openapi-%s.json" % api), text)


def depfile(path, out, root):
    """What the tables are made of. Folders count too: a new file in one of them is a new input."""
    used = [os.path.join(root, "src/contract/format.c"), os.path.join(root, "tools/contract.py")]
    for top in ("contract", "tools/contract"):
        for folder, _, files in os.walk(os.path.join(root, top)):
            used += [folder] + [os.path.join(folder, f) for f in files if f.endswith((".yaml", ".py"))]
    write(path, "%s: %s\n" % (os.path.join(out, "err_kinds.h"), " ".join(sorted(used))))


def report(faults, lenient):
    for line in faults.errors:
        print("error: " + line, file=sys.stderr)
    if lenient and faults.gaps:
        print("%d gaps in contract/ (tools/contract.py --check names them)" % len(faults.gaps), file=sys.stderr)
    elif faults.gaps:
        print("\n".join("error: " + line for line in faults.gaps), file=sys.stderr)
    return 0 if lenient or not (faults.errors or faults.gaps) else 1


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--lenient", action="store_true")
    ap.add_argument("--check", action="store_true")
    ap.add_argument("--docs", action="store_true")
    ap.add_argument("--kinds", metavar="FILE")
    ap.add_argument("--root", default=ROOT, help=argparse.SUPPRESS)
    ap.add_argument("--out", metavar="DIR")
    ap.add_argument("--depfile", metavar="FILE", help="what the tables are made of, for the build")
    a = ap.parse_args()
    faults = model.Faults(a.lenient)
    if a.kinds:
        errors = read.read_errors(os.path.join(a.root, "contract/errors.yaml"), faults)
        write(a.kinds, emit_c.err_kinds_h(errors))
        return report(faults, False)
    c = read.Reader(a.root, faults).read()
    check.check(c, faults, a.root)
    status = report(faults, a.lenient)
    if status == 0 and a.docs:
        write(os.path.join(a.root, "docs/coverage.md"), docs.coverage_md(c))
        write(os.path.join(a.root, "docs/settings.md"), docs.settings_md(c))
    elif status == 0 and not a.check:
        out = a.out or os.path.join(a.root, "build/gen")
        tables(c, out, a.lenient)
        if a.depfile:
            depfile(a.depfile, out, a.root)
    return status


sys.exit(main())
