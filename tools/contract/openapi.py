"""Contract → one OpenAPI 3.1 document an API."""
import re

from .model import (ANY, BOOLEAN, FREE, INTEGER, NULL, NUMBER, OBJECT, ONE, ROOTS, STRING, UNIQUE, UNSET, ARRAY)

TITLES = {"v1": "Management API v1", "v2": "Management API v2", "auth": "Authentication API"}
TYPE_NAMES = ((NULL, "null"), (BOOLEAN, "boolean"), (INTEGER, "integer"), (NUMBER, "number"), (STRING, "string"),
              (ARRAY, "array"), (OBJECT, "object"))
MEDIA = {"json": "application/json", "form": "application/x-www-form-urlencoded", "multipart": "multipart/form-data"}
REASONS = {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 302: "Found", 303: "See Other",
           400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict",
           429: "Too Many Requests"}
ERROR_MEMBERS = {"v2": (("statusCode", "error", "message"), ("errorCode", "error_description")),
                 "v1": (("statusCode", "error", "detail", "error_description", "message"), ()),
                 "auth": (("error",), ("error_description",))}


class Document:
    def __init__(self, contract, api):
        self.c, self.api, self.components, self.names = contract, api, {}, {}

    # --- schemas -------------------------------------------------------------
    def name_of(self, s):
        """Types of the same name in two files keep apart: the second gets a number."""
        key = id(s)
        if key not in self.names:
            name, n = s.name, 2
            while name in self.components:
                name, n = "%s%d" % (s.name, n), n + 1
            self.names[key] = name
            self.components[name] = {}
            self.components[name] = self.inline(s)
        return self.names[key]

    def schema(self, s):
        if s.name:
            return {"$ref": "#/components/schemas/" + self.name_of(s)}
        if s.base is not None and (s.base.types & (OBJECT | ARRAY) or s.base.alternatives):
            return self.varied(s)
        return self.inline(s)

    def varied(self, s):
        """A named type with null, a default or words of its own."""
        ref = self.schema(s.base)
        nullable = s.types & NULL and not s.base.types & NULL
        out = {"anyOf": [ref, {"type": "null"}]} if nullable else dict(ref)
        if s.about and s.about != s.base.about:
            out["description"] = s.about
        if s.default is not UNSET:
            out["default"] = s.default
        return out

    def inline(self, s):
        out = {}
        if s.about:
            out["description"] = s.about
        if s.alternatives:
            forms = [self.schema(x) for x in s.alternatives] + ([{"type": "null"}] if s.types & NULL else [])
            out["oneOf" if s.flags & ONE else "anyOf"] = forms
        elif s.types & ANY != ANY:
            names = [n for bit, n in TYPE_NAMES if s.types & bit]
            out["type"] = names[0] if len(names) == 1 else names
        if s.values:
            out["enum"] = s.values
        if s.format:
            out["format"] = s.format
        if s.pattern is not None:
            out["pattern"] = s.pattern
        self.bounds(s, out)
        self.inside(s, out)
        if s.default is not UNSET:
            out["default"] = s.default
        return out

    @staticmethod
    def bounds(s, out):
        kinds = ((INTEGER | NUMBER, "minimum", "maximum"), (STRING, "minLength", "maxLength"),
                 (ARRAY, "minItems", "maxItems"), (OBJECT, "minProperties", "maxProperties"))
        for bit, low, high in kinds:
            if s.types & bit:
                for word, value in ((low, s.min), (high, s.max)):
                    if value is not None:
                        out[word] = int(value) if value == int(value) else value
        if s.flags & UNIQUE:
            out["uniqueItems"] = True

    def inside(self, s, out):
        if s.items is not None:
            out["items"] = self.schema(s.items)
        if s.members:
            out["properties"] = {m.name: self.schema(m.schema) for m in s.members}
            required = [m.name for m in s.members if m.required]
            if required:
                out["required"] = required
        if s.types & OBJECT and s.types & ANY != ANY and not s.alternatives:
            out["additionalProperties"] = self.schema(s.extra) if s.extra is not None else bool(s.flags & FREE)

    # --- operations -------------------------------------------------------------
    def operation(self, op):
        out = {"operationId": op.id, "summary": op.title, "tags": [op.group], "x-group": camel(op.group),
               "x-release-lifecycle": op.lifecycle}
        self.security(op, out)
        params = [self.parameter(m, "path") for m in op.path_params] + [self.parameter(m, "query") for m in op.query]
        if params:
            out["parameters"] = params
        if op.body is not None:
            schema = self.schema(op.body)
            out["requestBody"] = {"required": op.body_required, "content": {MEDIA[k]: {"schema": schema} for k in op.body_kinds}}
        out["responses"] = self.responses(op)
        return out

    @staticmethod
    def security(op, out):
        if not op.needs_token:
            out["security"] = []
            return
        scopes = list(dict.fromkeys(op.scope_words()))
        out["security"] = [{"bearerAuth": []}]
        if not scopes:
            return
        out["security"].append({"oAuth2ClientCredentials": scopes})
        sets = op.scope_rule
        mode = "one" if len(scopes) == 1 else "any" if all(len(g) == 1 for g in sets) else "all" if len(sets) == 1 else "expr"
        out["x-required-scopes"] = {"mode": mode, "scopes": scopes}
        if mode == "expr":
            out["x-required-scopes"]["expr"] = {"anyOf": [g[0] if len(g) == 1 else {"allOf": g} for g in sets]}
        if op.self_scopes:
            out["x-required-scopes"]["self"] = op.self_scopes

    def parameter(self, m, place):
        out = {"name": m.name, "in": place, "required": m.required, "schema": self.schema(m.schema)}
        return out if out["required"] else {k: v for k, v in out.items() if k != "required"}

    def responses(self, op):
        out = {}
        for status, s, text in op.replies:
            row = out[str(status)] = {"description": REASONS.get(status, "Success")}
            if text:
                row["content"] = {"text/plain": {"schema": {"type": "string"}}}
            elif s is not None:
                row["content"] = {"application/json": {"schema": self.schema(s)}}
        errors = [400] + ([401, 403] if op.needs_token else []) + ([404] if "{" in op.path else []) + [429]
        for status in errors + ["default"]:
            out[str(status)] = {"description": REASONS.get(status, "Any other refusal"),
                                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
        return out

    def make(self):
        required, optional = ERROR_MEMBERS[self.api]
        self.components["Error"] = {
            "type": "object", "required": list(required),
            "properties": {n: {"type": "integer" if n == "statusCode" else "string"} for n in required + optional}}
        paths = {}
        root = ROOTS[self.api]
        for op in self.c.operations:
            if op.api == self.api:
                path = op.path[len(root):] if self.api == "v2" else op.path
                paths.setdefault(path, {})[op.method.lower()] = self.operation(op)
        scopes = {s: s.replace(":", " ").replace("_", " ") for s in self.c.scopes} if self.api == "v2" else {}
        return {"openapi": "3.1.0", "info": {"title": "Doorward " + TITLES[self.api], "version": self.api.replace("auth", "v1")},
                "servers": [{"url": root if self.api == "v2" else "/"}], "security": [{"bearerAuth": []}], "paths": paths,
                "components": {"schemas": self.components, "securitySchemes": {
                    "bearerAuth": {"type": "http", "scheme": "bearer"},
                    "oAuth2ClientCredentials": {"type": "oauth2", "flows": {"clientCredentials": {
                        "tokenUrl": "/oauth/token", "scopes": scopes}}}}}}


def camel(text):
    return re.sub(r"[-_]([a-z])", lambda m: m[1].upper(), text)
