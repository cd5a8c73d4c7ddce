"""Processors: records in, outcomes out. Sans-I/O; the same object runs under Faust, simulator and replay."""
