"""Rewrite rules: their language, their meaning, and the small programs that find their matches.

Belongs here: what a rule says and where it applies. Not here: applying rules in rounds, proofs, extraction.
docs/rules.md shows the language by examples.
"""
