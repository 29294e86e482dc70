"""What the contract is after reading: schemas, operations, resources, and the faults found on the way."""

NULL, BOOLEAN, INTEGER, NUMBER, STRING, ARRAY, OBJECT = (1 << i for i in range(7))
ANY = 0x7F
FREE, UNIQUE, ONE, HAS_MIN, HAS_MAX, LOOSE, CLAMP, EMPTY_ABSENT = (1 << i for i in range(8))
UNSET = object()

APIS = ("v1", "v2", "auth")
ROOTS = {"v1": "/api", "v2": "/api/v2", "auth": ""}


class Fault(Exception):
    """Something the contract says wrong; the reader adds the place."""


class Faults:
    """Errors stop the build. Gaps (a member that nothing obeys, a test not written yet) are warnings while lenient."""

    def __init__(self, lenient):
        self.lenient, self.errors, self.gaps = lenient, [], []

    def error(self, file, where, what):
        self.errors.append("%s: %s: %s" % (file, where, what))

    def gap(self, file, where, what):
        self.gaps.append("%s: %s: %s" % (file, where, what))


class Schema:
    """Mirrors struct schema. base is the named type that this one is, or varies by null, default and words."""

    __slots__ = ("types", "flags", "format", "pattern", "min", "max", "about", "members", "extra", "items", "values",
                 "alternatives", "default", "name", "base", "waiting", "index")

    def __init__(self, types=0):
        self.types, self.flags, self.format, self.pattern = types, 0, None, None
        self.min = self.max = None
        self.about, self.members, self.extra, self.items = "", [], None, None
        self.values, self.alternatives, self.default = [], [], UNSET
        self.name = self.base = self.waiting = self.index = None

    def copy_from(self, other):
        for slot in ("types", "flags", "format", "pattern", "min", "max", "about", "members", "extra", "items", "values",
                     "alternatives", "default"):
            setattr(self, slot, getattr(other, slot))
        self.base = other

    def member(self, name):
        return next((m for m in self.members if m.name == name), None)

    def is_object(self):
        return bool(self.types & OBJECT) and not self.types & (ARRAY | STRING)


class Member:
    __slots__ = ("name", "schema", "required")

    def __init__(self, name, schema, required):
        self.name, self.schema, self.required = name, schema, required


class Resource:
    pass


class Operation:
    def path_names(self):
        return [s[1:-1] for s in self.path.split("/") if s.startswith("{")]

    def c_id(self):
        name = self.id if self.api == "v2" or self.id.startswith(self.api + "_") else self.api + "_" + self.id
        return "OP_" + c_word(name).upper()

    def handler_name(self):
        if self.handler:
            return self.handler
        if self.does:
            return "%s_document_%s" % (self.api, self.does)
        prefix = "" if self.id.startswith(self.api + "_") else self.api + "_"
        return prefix + c_word(self.id)


class Contract:
    def __init__(self):
        self.errors = {}      # kind -> row
        self.resources = {}   # name -> Resource
        self.operations = []
        self.scopes = []      # sorted names
        self.groups = []      # one a file: file, api, name, operations, acts, waits
        self.formats = []
        self.patterns = []


class Group:
    def __init__(self, file, api):
        self.file, self.api, self.name = file, api, ""
        self.types, self.operations, self.resources = {}, [], []
        self.acts, self.waits = {}, {}


def c_word(text):
    return "".join(ch if ch.isalnum() else "_" for ch in text)
