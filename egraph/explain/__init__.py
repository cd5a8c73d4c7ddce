"""Explanations: why two nodes are equal, why they are not, and a checker that trusts neither.

Belongs here: proofs and what makes them. Not here: deciding equalities (egraph/view.py), printing (cli/why.py).
"""
