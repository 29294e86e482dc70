"""Contract → docs/coverage.md and docs/settings.md."""

HEAD = "<!-- made by tools/contract.py --docs; edit contract/ instead -->\n"
TITLES = {"v1": "Management API v1", "v2": "Management API v2", "auth": "Authentication API"}


def coverage_md(c):
    out = [HEAD, "# What is implemented\n\n"]
    for api in ("v1", "v2", "auth"):
        groups = [g for g in c.groups if g.api == api]
        count = sum(len(g.operations) for g in groups)
        out.append("## %s: %d operations\n\n" % (TITLES[api], count))
        for g in groups:
            out.append("### %s (%d)\n\n| operation | | scopes |\n|---|---|---|\n" % (g.name, len(g.operations)))
            out += ["| `%s` | %s%s | %s |\n" % (op.head, op.title, "" if op.lifecycle == "GA" else " (%s)" % op.lifecycle,
                                                rights(op)) for op in g.operations]
            out.append("\n")
    return "".join(out)


def rights(op):
    if op.api == "v1":
        return op.credential
    words = " or ".join(" and ".join(g) for g in op.scope_rule)
    return (words + (", own user: " if words else "own user: ") + " ".join(op.self_scopes)) if op.self_scopes else words or "none"


def settings_md(c):
    out = [HEAD, "# What each setting does\n\nEvery member that a request may carry: the code that obeys it and the test "
           "that shows it, `stored` for names, descriptions and metadata, or the feature that it waits for. "
           "*free*: members that are not listed are kept there.\n\n"]
    waiting = {}
    for g in c.groups:
        if not g.accepted:
            continue
        out.append("## %s %s\n\n| member | | test |\n|---|---|---|\n" % (g.api, g.name))
        for path in sorted(g.accepted):
            how, _, free = g.accepted[path]
            words, test = how_words(how)
            if how and how[0] == "waits":
                waiting[how[1]] = waiting.get(how[1], 0) + 1
            out.append("| `%s`%s | %s | %s |\n" % (path, " (free)" if free else "", words, test))
        out.append("\n")
    if waiting:
        out.insert(2, "Still waiting: %s.\n\n" % ", ".join("%s (%d)" % (f, n) for f, n in sorted(waiting.items())))
    return "".join(out)


def how_words(how):
    if how is None:
        return "**nothing obeys it**", ""
    if how[0] == "stored":
        return "stored", ""
    if how[0] == "waits":
        return "waits for " + how[1], ""
    return "`src/%s`" % how[1].removeprefix("src/"), how[2].replace("|", "\\|")
