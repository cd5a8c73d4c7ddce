"""Extraction: which term of a class is the best one, by a cost that the caller chooses.

Belongs here: choosing nodes and writing the terms they make. Not here: which nodes are equal (egraph/closure.py,
egraph/kernel), what is published of a choice (streams).
"""
