"""Runtimes: what drives the processors (Faust, a seeded simulator, replay)."""
