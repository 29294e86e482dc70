"""Contract → routes.h and routes.c: the trie of paths, and which function answers which operation."""
from .emit_c import NOTICE, c_str

TREES = ("v2", "rest")  # /api/v2 first; everything else is one tree, so that /api never swallows it


class Node:
    def __init__(self, segment):
        self.segment, self.statics, self.param, self.ops = segment, {}, None, []

    def add(self, segments, op):
        node = self
        for s in segments:
            if s.startswith("{"):
                node.param = node.param or Node("")
                node = node.param
            else:
                node = node.statics.setdefault(s, Node(s))
        node.ops.append(op)


def routes_h():
    return NOTICE + """#ifndef GEN_ROUTES_H
#define GEN_ROUTES_H
#include "api/call.h"
#include "contract/route.h"
extern const handler_fn handlers[OP_MAX];
extern const handler_fn prepare_fns[OP_MAX]; /* NULL where there is none */
#endif
"""


def node_tables(root, name):
    """Rows in such an order that the children of a node stand together, sorted by length and bytes."""
    rows, ops, queue = [], [], [root]
    index = {id(root): 0}
    at = 0
    while at < len(queue):
        node = queue[at]
        at += 1
        children = [node.statics[s] for s in sorted(node.statics, key=lambda s: s.encode())]
        node.first = len(queue)
        for child in children + ([node.param] if node.param else []):
            index[id(child)] = len(queue)
            queue.append(child)
    for node in queue:
        f = [c_str(node.segment)]
        f.append("%s_nodes + %d, %d" % (name, node.first, len(node.statics)) if node.statics else "NULL, 0")
        f.append("%s_nodes + %d" % (name, index[id(node.param)]) if node.param else "NULL")
        if node.ops:
            f.append("%s_ops + %d, %d, %s" % (name, len(ops), len(node.ops), c_str(", ".join(sorted(allowed(node.ops))))))
            ops += node.ops
        else:
            f.append("NULL, 0, { NULL, 0 }")
        rows.append("    { %s },\n" % ", ".join(f))
    return ("static const struct route_node %s_nodes[%d];\n" % (name, len(rows)) +
            ("static const struct operation *const %s_ops[] = {\n%s};\n" % (name, "".join(
                "    &operations[%s],\n" % op.c_id() for op in ops)) if ops else "") +
            "static const struct route_node %s_nodes[%d] = {\n%s};\n" % (name, len(rows), "".join(rows)))


def allowed(ops):
    methods = {op.method for op in ops}
    return methods | ({"HEAD"} if "GET" in methods else set())


def routes_c(c, weak):
    """weak: while the build grows, a handler that nobody has written yet is NULL instead of a link error."""
    roots = {name: Node("") for name in TREES}
    for op in c.operations:
        segments = op.path.split("/")[1:]
        roots["v2" if op.api == "v2" else "rest"].add(segments[2:] if op.api == "v2" else segments, op)
    names = sorted({op.handler_name() for op in c.operations} | {op.prepare for op in c.operations if op.prepare})
    out = [NOTICE, '#include "gen/routes.h"\n\n']
    out += ["struct result %s(struct call *c)%s;\n" % (n, weak) for n in names]
    out.append("const handler_fn handlers[OP_MAX] = {\n%s};\n" % "".join(
        "    [%s] = %s,\n" % (op.c_id(), op.handler_name()) for op in c.operations))
    out.append("const handler_fn prepare_fns[OP_MAX] = {\n%s};\n" % "".join(
        "    [%s] = %s,\n" % (op.c_id(), op.prepare) for op in c.operations if op.prepare))
    out += [node_tables(roots[n], n) for n in TREES]
    out.append("const struct route_node *const route_tree_v2 = v2_nodes;\n"
               "const struct route_node *const route_tree_rest = rest_nodes;\n")
    return "".join(out)
