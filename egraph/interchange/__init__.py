"""E-graphs in the forms that other tools read: egraph-serialize JSON in and out, Graphviz dot out.

Belongs here: the shape and its texts, as pure functions. Not here: files, and where a graph comes from.
"""
