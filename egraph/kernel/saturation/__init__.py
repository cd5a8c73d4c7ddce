"""The loops of equality saturation over flat integer arrays, compiled or as they stand. Imports nothing of ours.

Belongs here: arrays and loops. Not here: rules, limits, what a round means (egraph/saturation).
"""
