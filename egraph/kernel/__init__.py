"""The compiled engine: congruence closure under the colour rule, over flat integer arrays, and a view on top of it.

The engine and its decisions import nothing of ours. Three modules know facts: gathering.py, proving.py and view.py.
"""
