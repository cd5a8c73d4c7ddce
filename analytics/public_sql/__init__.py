"""SQL for people who are not trusted: three walls, each enough alone. What may be said, what DuckDB may do, what the
process may do.
"""
