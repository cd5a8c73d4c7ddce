"""Whole clusters from a seed: what they do, what must hold of them, and what is left of a failure when it is shrunk."""
