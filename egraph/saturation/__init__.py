"""Equality saturation: rules applied in rounds on a scratch copy of the graph, with a trace of what was derived.

Belongs here: rounds, limits, schedulers, analyses, the trace. Not here: what a rule means (egraph/rules), what is
published of the outcome, proofs. The loops over arrays are in egraph/kernel/saturation.
"""
