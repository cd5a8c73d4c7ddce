"""Marks by class and by node from which a view's sizes are counted, in one pass over the node array.

Belongs here: the pass. Not here: the counting (audit.py), the laws from scratch.
A heartbeat asks for the sizes once a second, of every agent, so this must cost little however large the graph is.
"""

from egraph.kernel.loops import FIRST_USE, LABEL, LEFT, NODES, PAIR_SYMBOL, RIGHT, SYMBOL, Array

HAS_MEMBER, HAS_PARENT = 1, 4
"""Times a colour, RED 1 or BLUE 2. By label: a member has it; a parent has the other one, so no member may."""
IS_MENTIONED, IS_JOINED = 16, 32
"""By number: a node with content or a child of one; a visible node under the label of another."""


def tally(nodes: Array, counts: Array, flags: Array) -> int:
    """Set the marks of all nodes in `flags`; gives how many classes break the class rule."""
    count = counts[NODES]
    for number in range(count):
        flags[number] = 0
    for number in range(count):
        symbol, label = nodes[number, SYMBOL], nodes[number, LABEL]
        if symbol == PAIR_SYMBOL:
            continue
        if symbol > 0 or nodes[number, FIRST_USE] > 0:
            flags[number] |= IS_MENTIONED
        if label != number:
            flags[number] |= IS_JOINED
        colour = symbol & 3 if symbol > 0 else -symbol
        if colour != 1 and colour != 2:
            continue
        flags[label] |= HAS_MEMBER * colour
        if symbol > 0:
            below, right = nodes[number, LEFT], nodes[number, RIGHT]
            while below >= 0:  # a wide node stands on a chain of hidden pairs, down their left sides
                if right >= 0:
                    flags[nodes[right, LABEL]] |= HAS_PARENT * (3 - colour)
                if nodes[below, SYMBOL] != PAIR_SYMBOL:
                    flags[nodes[below, LABEL]] |= HAS_PARENT * (3 - colour)
                    break
                below, right = nodes[below, LEFT], nodes[below, RIGHT]
    broken = 0
    for number in range(count):
        if flags[number] & (flags[number] >> 2) & 3:
            broken += 1
    return broken
