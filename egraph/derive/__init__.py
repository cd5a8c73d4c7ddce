"""Derived equalities: proofs that travel with the fact, what makes them from a trace, a checker that trusts nothing.

Belongs here: the shape of such a proof, making it, judging it. Not here: saturation (egraph/saturation), whether an
equality counts (egraph/reference.py), explanations of a view (egraph/explain), bytes (schemas/codec.py).
"""
