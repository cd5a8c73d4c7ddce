"""An e-graph as a Graphviz picture: a box of dashes for each class, edges from a node to the classes of its children.

Belongs here: the text in the dot language. Not here: drawing it.
"""

from egraph.interchange.serialized import SerializedGraph, SerializedNode

_HEAD = """\
digraph egraph {
  compound=true; rankdir=TB; ranksep=0.6; nodesep=0.15
  node [shape=box, style="rounded,filled", fillcolor=white, fontname=Helvetica, fontsize=10, height=0.3]
  edge [arrowsize=0.5]
  graph [style="dashed,rounded", fontname=Helvetica, fontsize=9]
"""


def write_dot(graph: SerializedGraph) -> str:
    """Give the picture. Classes, nodes and edges stand in the order of the graph, so equal graphs give equal texts."""
    classes = graph.classes()
    places = {eclass: place for place, eclass in enumerate(classes)}
    names = {identifier: f"n{place}" for place, identifier in enumerate(graph.nodes)}
    lines = [_HEAD.rstrip()]
    for eclass, members in classes.items():
        lines.append(f"  subgraph cluster_{places[eclass]} {{")
        lines.append(f"    label={_quoted(_class_label(graph, eclass))}")
        if eclass in graph.root_eclasses:
            lines.append('    penwidth=2; color="black"')
        lines += [f"    {names[member]} [{_attributes(graph.nodes[member])}]" for member in members]
        lines.append("  }")
    for identifier, node in graph.nodes.items():
        for place, child in enumerate(node.children):
            eclass = graph.nodes[child].eclass
            if eclass == node.eclass:  # an arrow into the box that it starts in is not drawn by lhead
                target, head = names[child], ""
            else:
                target, head = names[classes[eclass][0]], f"lhead=cluster_{places[eclass]}"
            order = f'taillabel="{place + 1}", labelfontsize=7' if len(node.children) > 1 else ""
            lines.append(f"  {names[identifier]} -> {target} [{', '.join(filter(None, (order, head)))}]")
    return "\n".join([*lines, "}"]) + "\n"


def _class_label(graph: SerializedGraph, eclass: str) -> str:
    known = graph.class_data.get(eclass, {})
    return " ".join([eclass, *([f"= {known['let']}"] if "let" in known else [])])


def _attributes(node: SerializedNode) -> str:
    dim = ', fontcolor=gray50, style="rounded,dashed", tooltip="subsumed"' if node.subsumed else ""
    return f"label={_quoted(node.op)}{dim}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
