"""contract/**.yaml → Contract. Every fault is noted with its file and operation; reading goes on."""
import glob
import os
import re

import yaml

from .model import APIS, ROOTS, Contract, Fault, Group, Member, Operation, Resource, Schema
from .model import ANY, ARRAY, BOOLEAN, CLAMP, EMPTY_ABSENT, HAS_MAX, HAS_MIN, INTEGER, LOOSE, NULL, OBJECT, STRING
from .shapes import Shapes, listed

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
DOES = ("list", "read", "create", "patch", "delete", "replace")
OPERATION_KEYS = {"id", "title", "scopes", "self", "guard", "credential", "path", "query", "page", "body", "body_kinds",
                  "body_optional", "forms", "reply", "does", "resource", "handler", "tx", "prepare", "log", "log_failure", "bucket",
                  "lifecycle"}
RESOURCE_KEYS = {"id", "key", "also", "unique", "missing", "delete_missing", "secrets", "hidden", "immutable", "merges",
                 "filters", "defaults", "hooks"}
FILE_KEYS = {"group", "resources", "types", "operations", "acts", "waits"}
PAGE_KEYS = {"items": None, "of": None, "kinds": ["offset"], "default": 50, "max": 100, "min": 1, "take": None, "length": False,
             "totals": False}
BODY_KINDS = ("json", "form", "multipart")


class Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):
    """YAML 1.1 reads on, no and 12:30 as other things than text; here only true and false are booleans."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, rx) for tag, rx in rows if not tag.endswith((":bool", ":timestamp", ":int", ":float", ":value", ":merge"))]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))
Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^-?[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]+)?$"),
                             list("-0123456789"))


def no_duplicates(loader, node):
    out = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in out:
            raise yaml.YAMLError("line %d: %s stands twice" % (key_node.start_mark.line + 1, key))
        out[key] = loader.construct_object(value_node, deep=True)
    return out


Loader.add_constructor("tag:yaml.org,2002:map", no_duplicates)


def load(path):
    with open(path, encoding="utf-8") as f:
        return yaml.load(f, Loader) or {}


def one_line(e):
    return " ".join(str(e).split())


def read_errors(path, faults):
    """kind → {api: [status, code, text], log}"""
    out = {}
    for kind, row in load(path).items():
        if not re.fullmatch(r"[a-z][a-z0-9_]*", str(kind)):
            faults.error("contract/errors.yaml", str(kind), "a kind is lower-case letters, digits and _")
            continue
        bad = set(row) - {"v1", "v2", "oauth", "log"}
        words = [row[k] for k in ("v1", "v2", "oauth") if k in row]
        if bad or not words:
            faults.error("contract/errors.yaml", kind, "unknown column %s" % sorted(bad)[0] if bad else "no column")
        elif any(not (isinstance(w, list) and len(w) == 3 and isinstance(w[0], int)) for w in words):
            faults.error("contract/errors.yaml", kind, "a column is [status, code, text]")
        out[kind] = row
    return out


def read_formats(path):
    with open(path, encoding="utf-8") as f:
        return re.findall(r'^\s*FORMAT\("([a-z0-9_-]+)"', f.read(), re.M)


class Reader:
    def __init__(self, root, faults):
        self.root, self.faults, self.contract = root, faults, Contract()

    def read(self):
        base = os.path.join(self.root, "contract")
        c = self.contract
        c.errors = read_errors(os.path.join(base, "errors.yaml"), self.faults)
        c.formats = read_formats(os.path.join(self.root, "src/contract/format.c"))
        self.shared = Shapes(c.formats, self.load_file(os.path.join(base, "types.yaml")))
        for name in self.shared.raw:
            self.guarded("contract/types.yaml", name, self.shared.named, name)
        files = [(api, f) for api in APIS for f in sorted(glob.glob(os.path.join(base, api, "*.yaml")))]
        raw = [(api, os.path.relpath(f, self.root), self.load_file(f)) for api, f in files]
        for api, file, data in raw:
            for name, row in (data.get("resources") or {}).items():
                self.guarded(file, "resource " + name, self.resource, file, name, row)
        for api, file, data in raw:
            if data:
                self.group(api, file, data)
        entities = self.load_file(os.path.join(base, "scopes.yaml"))
        names = {"%s:%s" % (verb, entity) for entity, verbs in entities.items() for verb in verbs.split()}
        for op in c.operations:
            names.update(op.scope_words())
        c.scopes = sorted(names)
        return c

    def load_file(self, path):
        if not os.path.exists(path):
            return {}
        try:
            return load(path)
        except yaml.YAMLError as e:
            mark = getattr(e, "problem_mark", None)
            words = "line %d: %s" % (mark.line + 1, e.problem) if mark else one_line(e)
            self.faults.error(os.path.relpath(path, self.root), "YAML", words)
            return {}

    def guarded(self, file, where, fn, *args):
        try:
            return fn(*args)
        except Fault as e:
            self.faults.error(file, where, e)
        except (TypeError, AttributeError, ValueError, KeyError) as e:
            self.faults.error(file, where, "cannot be read (%s: %s)" % (type(e).__name__, one_line(e)))
        return None

    # --- resources --------------------------------------------------------
    def resource(self, file, name, row):
        if set(row) - RESOURCE_KEYS:
            raise Fault("unknown key %s" % sorted(set(row) - RESOURCE_KEYS)[0])
        if name in self.contract.resources:
            raise Fault("stands twice")
        r = Resource()
        r.name, r.file = name, file
        r.prefix, r.alphabet, r.length = id_rule(row.get("id", ""))
        r.key, r.also = row.get("key", "id"), row.get("also")
        r.unique, r.filters = row.get("unique") or {}, row.get("filters") or {}
        r.secrets, r.hidden, r.immutable, r.merges = (listed(row.get(k)) for k in ("secrets", "hidden", "immutable", "merges"))
        r.defaults, r.hooks = row.get("defaults") or {}, row.get("hooks")
        r.missing = row.get("missing", "not_found")
        r.delete_missing_ok = row.get("delete_missing", "error") == 204
        if row.get("delete_missing", "error") not in (204, "error"):
            raise Fault("delete_missing is 204 or error")
        for kind in [r.missing] + list(r.unique.values()):
            if kind not in self.contract.errors:
                raise Fault("no such error kind: %s" % kind)
        self.contract.resources[name] = r

    # --- a file --------------------------------------------------------------
    def group(self, api, file, data):
        g = Group(file, api)
        for key in set(data) - FILE_KEYS:
            self.faults.error(file, "file", "unknown key %s" % key)
        g.name = data.get("group") or ""
        if not g.name:
            self.faults.error(file, "file", "has no group")
        g.acts, g.waits = data.get("acts") or {}, data.get("waits") or {}
        g.resources = [self.contract.resources[n] for n in data.get("resources") or {} if n in self.contract.resources]
        shapes = Shapes(self.contract.formats, data.get("types"), self.shared)
        for name in shapes.raw:
            s = self.guarded(file, "type " + name, shapes.named, name)
            if s is not None:
                g.types[name] = s
        for head, row in (data.get("operations") or {}).items():
            op = self.guarded(file, head, self.operation, g, shapes, head, row or {})
            if op:
                g.operations.append(op)
                self.contract.operations.append(op)
        self.contract.groups.append(g)

    def operation(self, g, shapes, head, row):
        if set(row) - OPERATION_KEYS:
            raise Fault("unknown key %s" % sorted(set(row) - OPERATION_KEYS)[0])
        op = Operation()
        op.head, op.file, op.api, op.group = head, g.file, g.api, g.name
        op.method, _, path = head.partition(" ")
        if op.method not in METHODS or not path.startswith("/"):
            raise Fault("is not METHOD /path")
        op.path = path[1:] if path.startswith("//") else ROOTS[g.api] + path
        op.id, op.title = row.get("id", ""), row.get("title", "")
        if not op.id or not op.title:
            raise Fault("has no id or no title")
        self.access(op, row)
        self.work(op, g, row)
        self.inputs(op, shapes, row)
        self.replies(op, shapes, row)
        return op

    def access(self, op, row):
        op.scope_rule = scope_rule(row["scopes"]) if "scopes" in row else []
        op.self_scopes = [s for group in scope_rule(row["self"]) for s in group] if "self" in row else []
        guards = {m: (v.startswith("only "), v.removeprefix("only ")) for m, v in (row.get("guard") or {}).items()}
        op.guards = {m: [s for group in scope_rule(v) for s in group] for m, (_, v) in guards.items()}
        op.guards_always = {m for m, (always, _) in guards.items() if always}
        op.credential = row.get("credential", "public")
        if op.credential not in ("public", "any", "global", "client"):
            raise Fault("credential is any, global, client or public")
        if op.api == "v2" and not op.scope_rule and not op.self_scopes:
            raise Fault("has no scopes")
        if op.api == "v1" and "credential" not in row:
            raise Fault("has no credential")
        op.needs_token = bool(op.scope_rule or op.self_scopes) or op.credential != "public"
        op.scope_words = lambda: [s for group in op.scope_rule for s in group] + op.self_scopes + [
            s for v in op.guards.values() for s in v]

    def work(self, op, g, row):
        op.does, op.handler, op.prepare = row.get("does"), row.get("handler"), row.get("prepare")
        if op.does and op.does not in DOES:
            raise Fault("does what? %s (%s)" % (op.does, " ".join(DOES)))
        name = row.get("resource") or (g.resources[0].name if len(g.resources) == 1 else None)
        if name and name not in self.contract.resources:
            raise Fault("no such resource: %s" % name)
        if op.does and not name:
            raise Fault("does %s with no resource" % op.does)
        op.resource = self.contract.resources[name] if name else None
        op.tx = row.get("tx", "read" if op.method == "GET" else "write")
        if op.tx not in ("read", "write", "none"):
            raise Fault("tx is read, write or none")
        writes = op.api in ("v1", "v2") and op.method != "GET" and op.tx == "write"
        op.log = row.get("log", "sapi" if writes else "none")
        op.log_failure = row.get("log_failure")
        op.bucket = row.get("bucket", "authentication" if op.api == "auth" else "management")
        op.lifecycle = row.get("lifecycle", "GA")
        if op.lifecycle not in ("GA", "EA", "beta", "deprecated"):
            raise Fault("lifecycle is GA, EA, beta or deprecated")

    # --- what it takes ----------------------------------------------------------
    def inputs(self, op, shapes, row):
        names = op.path_names()
        given = row.get("path") or {}
        if set(given) - set(names):
            raise Fault("path names %s, which is not in it" % sorted(set(given) - set(names))[0])
        op.path_params = [Member(n, shapes.read(given.get(n, "string")), True) for n in names]
        if len(names) > 6:
            raise Fault("has more than 6 path parameters")
        op.query = shapes.read(row.get("query") or {}).members
        op.own_query = [m.name for m in op.query]
        op.page = self.page(op, row)
        op.body, op.body_kinds = None, []
        if "body" in row:
            op.body = shapes.read(row["body"])
            op.body_kinds = row.get("body_kinds") or (["json"] if row.get("forms") is False else ["json", "form"])
            if set(op.body_kinds) - set(BODY_KINDS):
                raise Fault("body_kinds are %s" % " ".join(BODY_KINDS))
        op.body_required = op.body is not None and not row.get("body_optional", op.api == "v1")

    def page(self, op, row):
        if "page" not in row:
            return None
        page = dict(row["page"])
        if set(page) - set(PAGE_KEYS) or not {"items", "of"} <= set(page):
            raise Fault("page has " + " ".join(PAGE_KEYS))
        for key, otherwise in PAGE_KEYS.items():
            page.setdefault(key, otherwise)
        if set(page["kinds"]) - {"offset", "checkpoint"}:
            raise Fault("page kinds are offset and checkpoint")
        lenient = CLAMP | EMPTY_ABSENT if op.api == "v1" else 0
        own = {m.name for m in op.query}
        for name, kind, schema in (
                ("page", "offset", bounded(0, None, lenient)), ("per_page", "offset", bounded(page["min"], page["max"], lenient)),
                ("include_totals", "offset", flagged(Schema(BOOLEAN), LOOSE | EMPTY_ABSENT if lenient else 0)),
                ("from", "checkpoint", Schema(STRING)), ("take", "checkpoint", bounded(1, page["max"], lenient))):
            wanted = kind in page["kinds"] or name == "include_totals" and page["totals"]
            if wanted and name not in own:
                op.query.append(Member(name, schema, False))
        return page

    # --- what it answers --------------------------------------------------------
    def replies(self, op, shapes, row):
        op.replies = []  # (status, Schema or None, is_text)
        for status, node in (row.get("reply") or {}).items():
            if not isinstance(status, int) or not 200 <= status < 400:
                raise Fault("reply to %r (a success status)" % status)
            if node in (None, "", "empty"):
                op.replies.append((status, None, False))
            elif node == "text":
                op.replies.append((status, None, True))
            else:
                op.replies.append((status, shapes.read(node), False))
        if op.page and not any(r[0] == 200 for r in op.replies):
            op.replies.insert(0, (200, page_reply(op.page, shapes.read(op.page["of"])), False))
        if not op.replies:
            raise Fault("has no reply")


def bounded(low, high, flags):
    s = flagged(Schema(INTEGER), flags | HAS_MIN | (HAS_MAX if high is not None else 0))
    s.min, s.max = float(low), float(high) if high is not None else None
    return s


def flagged(s, flags):
    s.flags |= flags
    return s


def page_reply(page, item):
    """A bare array, {start, limit, total, items} and {items, next}."""
    items = Schema(ARRAY)
    items.items = item
    forms = [items]
    count, list_member = Schema(INTEGER), Member(page["items"], items, True)
    if "offset" in page["kinds"]:
        names = ["start", "limit", "total"] + (["length"] if page["length"] else [])
        forms.append(object_of([Member(n, count, True) for n in names] + [list_member]))
    if "checkpoint" in page["kinds"]:
        total = [Member("total", count, False)] if page["totals"] else []
        forms.append(object_of([list_member, Member("next", Schema(STRING), False)] + total))
    union = Schema(ANY & ~NULL)
    union.alternatives = forms
    return union


def object_of(members):
    s = Schema(OBJECT)
    s.members = members
    return s


def id_rule(text):
    """hex 24 | con_ alnum 16 | alnum 32 | digits 9 | uuid | given (by the caller)"""
    if text in ("", "given"):
        return "", "alnum", 0
    m = re.fullmatch(r"(?:(\S+_|\S+\|) )?(?:(alnum|hex|digits) (\d+)|(uuid))", text)
    if not m:
        raise Fault("id is like `con_ alnum 16`, `hex 24` or `uuid`, not %r" % text)
    return m[1] or "", m[2] or m[4], int(m[3] or 36)


def scope_rule(text):
    """a | b & (c | d) → an OR of AND-sets: [[a], [b, c], [b, d]]"""
    tokens = re.findall(r"[|&()]|[^\s|&()]+", str(text))
    at = [0]

    def peek():
        return tokens[at[0]] if at[0] < len(tokens) else None

    def take():
        at[0] += 1
        return tokens[at[0] - 1]

    def factor():
        if peek() == "(":
            take()
            inner = union()
            if peek() != ")":
                raise Fault("scopes: no closing parenthesis")
            take()
            return inner
        if peek() is None or not re.fullmatch(r"[a-z][a-z0-9_-]*:[a-z0-9_-]+|[a-z_]+", peek()):
            raise Fault("scopes: cannot read %r" % text)
        return [[take()]]

    def product():
        sets = factor()
        while peek() == "&":
            take()
            sets = [a + [x for x in b if x not in a] for b in factor() for a in sets]
        return sets

    def union():
        sets = product()
        while peek() == "|":
            take()
            sets = sets + product()
        return sets

    rule = union()
    if peek() is not None:
        raise Fault("scopes: cannot read %r" % text)
    return rule
