"""The type language of contract/README.md: a line of text or a mapping → Schema."""
import json
import re

from .model import (ANY, ARRAY, BOOLEAN, CLAMP, EMPTY_ABSENT, FREE, HAS_MAX, HAS_MIN, INTEGER, LOOSE, NULL, NUMBER, OBJECT,
                    ONE, STRING, UNIQUE, UNSET, Fault, Member, Schema)

BASES = {"string": STRING, "integer": INTEGER, "number": NUMBER, "boolean": BOOLEAN, "any": ANY, "object": OBJECT,
         "null": NULL}
RANGE = re.compile(r"(-?\d+(?:\.\d+)?)?\.\.(-?\d+(?:\.\d+)?)?(?=\s|\)|$)")
NAME = re.compile(r"[A-Z][A-Za-z0-9]*")
WORD = re.compile(r"[a-z][a-z0-9_-]*")
VALUE = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s)]+')
LENIENT = {"loose": LOOSE, "clamp": CLAMP, "or-absent": EMPTY_ABSENT}
DIRECTIVES = {"$use", "$without", "$optional", "$any", "$one", "$list", "$map", "$size", "$unique", "$null", "$about",
              "$members", "$default", "$free"}


def set_range(s, text):
    m = RANGE.fullmatch(text)
    if not m:
        raise Fault("no range: %s" % text)
    low, high = m.groups()
    if low is not None:
        s.min, s.flags = float(low), s.flags | HAS_MIN
    if high is not None:
        s.max, s.flags = float(high), s.flags | HAS_MAX
    if low is not None and high is not None and s.min > s.max:
        raise Fault("empty range: %s" % text)


class Shapes:
    """Reads types; named ones are looked up in own (of the file) and shared (types.yaml)."""

    def __init__(self, formats, raw_own, shared=None):
        self.formats, self.raw, self.shared, self.done = formats, raw_own or {}, shared, {}

    # --- named types ---------------------------------------------------
    def named(self, name):
        """May still be in the making when a type contains itself: then it has a list of what waits for it."""
        if name in self.done:
            return self.done[name]
        if name not in self.raw:
            if self.shared is not None:
                return self.shared.named(name)
            raise Fault("undefined type %s" % name)
        s = self.done[name] = Schema()
        s.waiting = []
        try:
            made = self.read(self.raw[name])
        except Fault as e:
            raise Fault("type %s: %s" % (name, e) if not str(e).startswith("type ") else str(e))
        if made.waiting is not None:
            raise Fault("type %s is made of itself alone" % name)
        s.copy_from(made)
        s.base = made if made.name else made.base
        s.name = name
        waiting, s.waiting = s.waiting, None
        for finish in waiting:
            finish()
        return s

    def vary(self, base, change):
        """A copy of a named type, changed; later when the type is still being made."""
        s = Schema()

        def finish():
            s.copy_from(base)
            change(s)
        if base.waiting is None:
            finish()
        else:
            base.waiting.append(finish)
        return s

    # --- entry -----------------------------------------------------------
    def read(self, node):
        if node is None:
            return Schema(NULL)
        if isinstance(node, str):
            return self.line(node)
        if isinstance(node, dict):
            return self.mapping(node)
        raise Fault("no type: %r" % (node,))

    # --- one line -----------------------------------------------------------
    def line(self, text):
        about, default = "", UNSET
        text, dashes, words = text.partition(" -- ")
        if dashes:
            about = words.strip()
        s, rest = self.one(text.strip())
        or_null = False
        if re.match(r"or null(\s|$)", rest):
            or_null, rest = True, rest[7:].strip()
        if rest.startswith("= "):
            try:
                default = json.loads(rest[2:])
            except ValueError:
                raise Fault("default is no JSON: %s" % rest[2:])
            rest = ""
        if rest:
            raise Fault("cannot read %r in %r" % (rest, text))
        return self.dressed(s, or_null, default, about)

    def dressed(self, s, or_null, default, about):
        if not or_null and default is UNSET and not about:
            return s

        def change(x):
            if or_null:
                make_nullable(x)
            if default is not UNSET:
                x.default = default
            if about:
                x.about = about
        if s.name is not None or s.waiting is not None:
            return self.vary(s, change)
        change(s)
        return s

    def one(self, text):
        """(schema, what follows it)"""
        for start, reader in (("one of ", self.one_of), ("list ", self.list_of), ("map ", self.map_of)):
            if text.startswith(start):
                return reader(text[len(start):].strip())
        if text.startswith("("):
            s, rest = self.one(text[1:].strip())
            if re.match(r"or null\s*\)", rest):
                s, rest = self.dressed(s, True, UNSET, ""), rest[7:].strip()
            if not rest.startswith(")"):
                raise Fault("no closing parenthesis in %r" % text)
            return s, rest[1:].strip()
        m = NAME.match(text)
        if m:
            return self.named(m.group()), text[m.end():].strip()
        return self.plain(text)

    def plain(self, text):
        m = WORD.match(text)
        if not m or m.group() not in BASES:
            raise Fault("cannot read %r" % text)
        s, rest = Schema(BASES[m.group()]), text[m.end():].strip()
        if m.group() in ("any", "object"):
            s.flags |= FREE
        m = RANGE.match(rest)
        if m:
            set_range(s, m.group())
            rest = rest[m.end():].strip()
        while True:
            m = WORD.match(rest)
            if not m or m.group() == "or":
                break
            rest = self.word(s, m.group(), rest[m.end():].strip())
        if rest.startswith("/"):
            s.pattern, rest = self.pattern(rest)
        return s, rest

    def word(self, s, word, rest):
        if word in LENIENT:
            s.flags |= LENIENT[word]
        elif s.types == STRING and word in self.formats:
            s.format = word
        else:
            raise Fault("no such format: %s (a row of src/contract/format.c)" % word)
        return rest

    @staticmethod
    def pattern(rest):
        """Up to the last slash that leaves something readable behind it."""
        for end in range(len(rest) - 1, 0, -1):
            if rest[end] == "/" and re.match(r"(or null)?\s*(= .*)?(\)|$)", rest[end + 1:].strip()):
                return rest[1:end], rest[end + 1:].strip()
        raise Fault("pattern without its last slash: %s" % rest)

    def one_of(self, rest):
        s = Schema()
        while rest and not re.match(r"(or null(\s|\)|$)|= |\))", rest):
            m = VALUE.match(rest)
            word, rest = m.group(), rest[m.end():].strip()
            try:
                value = json.loads(word)
            except ValueError:
                value = word
            s.types |= type_of(value)
            s.values.append(value)
        if not s.values:
            raise Fault("`one of` names nothing")
        return s, rest

    def list_of(self, rest):
        s = Schema(ARRAY)
        m = RANGE.match(rest)
        if m:
            set_range(s, m.group())
            rest = rest[m.end():].strip()
        if rest.startswith("unique "):
            s.flags |= UNIQUE
            rest = rest[7:].strip()
        if not rest.startswith("of "):
            raise Fault("list of what? %r" % rest)
        s.items, rest = self.one(rest[3:].strip())
        return s, rest

    def map_of(self, rest):
        s = Schema(OBJECT)
        m = RANGE.match(rest)
        if m:
            set_range(s, m.group())
            rest = rest[m.end():].strip()
        if not rest.startswith("of "):
            raise Fault("map of what? %r" % rest)
        s.extra, rest = self.one(rest[3:].strip())
        return s, rest

    # --- a mapping -------------------------------------------------------------
    def mapping(self, node):
        unknown = [k for k in node if isinstance(k, str) and k.startswith("$") and k not in DIRECTIVES]
        if unknown:
            raise Fault("unknown %s" % unknown[0])
        s = self.mapped(node)
        if node.get("$null"):
            make_nullable(s)
        if "$about" in node:
            s.about = str(node["$about"])
        if "$default" in node:
            s.default = node["$default"]
        return s

    def mapped(self, node):
        kinds = [k for k in ("$any", "$one", "$list", "$map") if k in node]
        if not kinds:
            return self.object(node)
        allowed = {"$null", "$about", "$default", kinds[0]} | {"$list": {"$size", "$unique"}, "$map": {"$members"}}.get(
            kinds[0], set())
        if set(node) - allowed:
            raise Fault("%s does not go with %s" % (sorted(set(node) - allowed, key=str)[0], kinds[0]))
        if kinds[0] in ("$any", "$one"):
            s = Schema(ANY & ~NULL)
            s.flags |= ONE if kinds[0] == "$one" else 0
            s.alternatives = [self.read(x) for x in node[kinds[0]]]
            return s
        s = Schema(ARRAY if kinds[0] == "$list" else OBJECT)
        if kinds[0] == "$list":
            s.items = self.read(node["$list"])
        else:
            s.extra = self.read(node["$map"])
        for k in ("$size", "$members"):
            if k in node:
                set_range(s, str(node[k]))
        s.flags |= UNIQUE if node.get("$unique") else 0
        return s

    def object(self, node):
        s = Schema(OBJECT)
        members = {}
        for name in listed(node.get("$use")):
            used = self.named(name)
            if used.waiting is not None:
                raise Fault("$use of %s, which is made of this" % name)
            if not used.types & OBJECT or used.alternatives:
                raise Fault("$use of %s, which is no object" % name)
            for m in used.members:
                members[m.name] = Member(m.name, m.schema, m.required and not node.get("$optional"))
        for name in listed(node.get("$without")):
            if members.pop(name, None) is None:
                raise Fault("$without %s, which is not there" % name)
        for key, value in node.items():
            if not isinstance(key, str):
                raise Fault("member name %r is no text (quote it)" % (key,))
            if not key.startswith("$") or key == "$schema!":
                name = key[:-1] if key.endswith("!") else key
                try:
                    members[name] = Member(name, self.read(value), key.endswith("!"))
                except Fault as e:
                    raise Fault(str(e) if str(e).startswith("type ") else "%s: %s" % (name, e))
        s.members = list(members.values())
        s.flags |= FREE if node.get("$free") else 0
        if "$members" in node:
            set_range(s, str(node["$members"]))
        return s


def listed(value):
    return value if isinstance(value, list) else [] if value is None else [value]


def make_nullable(s):
    s.types |= NULL
    if s.values and None not in s.values:
        s.values = s.values + [None]


def type_of(value):
    if value is None:
        return NULL
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, int):
        return INTEGER
    if isinstance(value, float):
        return NUMBER
    return {str: STRING, list: ARRAY, dict: OBJECT}[type(value)]


def fits(s, value):
    """Is the value inside the schema? For defaults: formats and patterns are left to the server's own tests."""
    if value is None and s.types & NULL:
        return True
    if s.alternatives:
        return any(fits(x, value) for x in s.alternatives)
    t = type_of(value)
    if not (t & s.types or (t == INTEGER and s.types & NUMBER)):
        return False
    if s.values and value not in s.values:
        return False
    size = value if t in (INTEGER, NUMBER) else len(value) if t in (STRING, ARRAY, OBJECT) else 0
    if s.min is not None and size < s.min or s.max is not None and size > s.max:
        return False
    if t == ARRAY and s.items is not None:
        return all(fits(s.items, x) for x in value)
    if t == OBJECT:
        if any(m.required and m.name not in value for m in s.members):
            return False
        for k, v in value.items():
            m = s.member(k)
            inner = m.schema if m else s.extra
            if inner is None and not s.flags & FREE or inner is not None and not fits(inner, v):
                return False
    return True
