"""What no single file can see: contradictions between entries, and members that nothing obeys."""
import os

from .model import FREE, OBJECT, Fault, UNSET
from .shapes import fits, listed

AUTOMATIC = {"page", "per_page", "include_totals", "from", "take", "fields", "include_fields"}


def check(contract, faults, root):
    unique_names(contract, faults)
    check_words(contract, faults)
    schemas_seen = set()
    for g in contract.groups:
        for name, s in g.types.items():
            check_defaults(s, g.file, "type " + name, faults, schemas_seen)
        for op in g.operations:
            for m in op.query:
                check_defaults(m.schema, g.file, op.head, faults, schemas_seen)
            if op.body is not None:
                check_defaults(op.body, g.file, op.head, faults, schemas_seen)
        resource_defaults(g, faults)
        coverage(g, faults, root)


def unique_names(contract, faults):
    by_id, by_path, by_scope = {}, {}, {}
    for op in contract.operations:
        other = by_id.setdefault(op.c_id(), op)
        if other is not op:
            faults.error(op.file, op.head, "operationId %s is also that of %s" % (op.id, other.head))
        shape = (op.method, "/".join("{}" if s.startswith("{") else s for s in op.path.split("/")))
        other = by_path.setdefault(shape, op)
        if other is not op:
            faults.error(op.file, op.head, "stands also in %s" % other.file)
        if len(set(op.path_names())) != len(op.path_names()):
            faults.error(op.file, op.head, "a path parameter stands twice")
    for name in contract.scopes:
        other = by_scope.setdefault(name.replace("-", "_"), name)
        if other != name:
            faults.error("contract", "scopes", "%s and %s are one and the same" % (name, other))


def check_words(contract, faults):
    for kind, row in contract.errors.items():
        texts = [str(row[k][2]) for k in ("v1", "v2", "oauth") if k in row and len(row[k]) == 3]
        if row.get("log") and any("{0}" in t for t in texts):
            faults.error("contract/errors.yaml", kind, "log: true, so its arguments must not be shown")


def check_defaults(s, file, where, faults, seen):
    if id(s) in seen:
        return
    seen.add(id(s))
    if s.default is not UNSET and not fits(s, s.default):
        faults.error(file, where, "default %r is outside its own type" % (s.default,))
    for inner in [m.schema for m in s.members] + s.alternatives + [x for x in (s.items, s.extra) if x is not None]:
        check_defaults(inner, file, where, faults, seen)


def resource_defaults(g, faults):
    """A default of a resource must be something that its creation accepts."""
    for op in g.operations:
        if op.does != "create" or op.resource not in g.resources or op.body is None:
            continue
        for name, value in op.resource.defaults.items():
            m = op.body.member(name)
            if m and not fits(m.schema, value):
                faults.error(g.file, op.head, "the resource's default of %s is refused here" % name)


# --- acts and waits ---------------------------------------------------------------
class Obeyed:
    """member path → how: ("stored",), ("acts", code, test) or ("waits", feature)"""

    def __init__(self, g, faults):
        self.how, self.used = {}, set()
        for name, row in (g.acts or {}).items():
            if name == "stored":
                self.add(g, faults, listed(row), ("stored",))
            elif isinstance(row, dict) and set(row) <= {"code", "test"} and "code" in row:
                self.add(g, faults, [n.strip() for n in str(name).split(",")], ("acts", row["code"], row.get("test", "")))
            else:
                faults.error(g.file, "acts", "%s has code and test" % name)
        for feature, names in (g.waits or {}).items():
            self.add(g, faults, listed(names), ("waits", feature))

    def add(self, g, faults, names, how):
        for name in names:
            if name in self.how:
                faults.error(g.file, "acts", "%s stands twice" % name)
            self.how[str(name)] = how

    def find(self, path):
        parts = path.split(".")
        for n in range(len(parts), 0, -1):
            name = ".".join(parts[:n])
            if name in self.how:
                self.used.add(name)
                return self.how[name]
        return None


def members_below(s, path, stack=()):
    """(path, schema) of each direct member, lists, maps and unions looked through."""
    if id(s) in stack:
        return
    stack = stack + (id(s),)
    for m in s.members:
        yield (path + "." if path else "") + m.name, m.schema
    for inner in s.alternatives + [x for x in (s.items, s.extra) if x is not None]:
        yield from members_below(inner, path, stack)


def coverage(g, faults, root):
    g.obeyed = Obeyed(g, faults)
    g.accepted = {}  # path → (how, operations, free)
    for op in g.operations:
        filters = set(op.resource.filters) if op.resource and op.does == "list" else set()
        for m in op.query:
            automatic = m.name in AUTOMATIC or m.name in filters
            if not automatic:
                accept(g, faults, op, m.name, m.schema, ())
        if op.body is not None:
            for path, s in members_below(op.body, ""):
                accept(g, faults, op, path, s, ())
    for name in sorted(set(g.obeyed.how) - g.obeyed.used):
        faults.gap(g.file, "acts", "%s is no member of any request" % name)
    for name, how in g.obeyed.how.items():
        if how[0] == "acts":
            check_evidence(g, faults, root, name, *how[1:])


def accept(g, faults, op, path, s, stack):
    how = g.obeyed.find(path)
    below = [] if id(s) in stack else list(members_below(s, path))
    for child, _ in below:  # named ones count as used though the parent stands for them
        if child in g.obeyed.how:
            g.obeyed.used.add(child)
    if how is None and below:
        for child, schema in below:
            accept(g, faults, op, child, schema, stack + (id(s),))
        return
    entry = g.accepted.setdefault(path, [how, [], False])
    entry[1].append(op.head)
    entry[2] = entry[2] or bool(s.flags & FREE)
    if how is None and len(entry[1]) == 1:
        faults.gap(g.file, op.head, "%s is accepted, but nothing obeys it (acts or waits)" % path)


def check_evidence(g, faults, root, name, code, test):
    if not os.path.isfile(os.path.join(root, "src", code.removeprefix("src/"))):
        faults.gap(g.file, "acts", "%s: %s is not there" % (name, code))
    file, colon, title = test.partition(": ")
    if not colon:
        faults.gap(g.file, "acts", "%s: test is `file: title`" % name)
        return
    text = read_text(os.path.join(root, file))
    if text is None:
        faults.gap(g.file, "acts", "%s: %s is not there" % (name, file))
    elif title.strip() not in text:
        faults.gap(g.file, "acts", "%s: no test %r in %s" % (name, title.strip(), file))


TEXTS = {}


def read_text(path):
    if path not in TEXTS:
        try:
            with open(path, encoding="utf-8") as f:
                TEXTS[path] = f.read()
        except OSError:
            TEXTS[path] = None
    return TEXTS[path]
