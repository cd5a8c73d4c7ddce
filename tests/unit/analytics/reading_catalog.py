"""An ad-hoc reader of the catalog in a process of its own: run as `python -m` with the path and `read` or `write`.

Belongs here: one connection, one query per line of input. Not here: what must come out (test_catalog.py).
"""

import sys

import duckdb


def main(path: str, mode: str) -> None:
    """Open the catalog once; print the number of facts at the start and after each line of input."""
    with duckdb.connect(path, read_only=mode == "read") as connection:
        print("open", flush=True)
        for _ in sys.stdin:
            found = connection.execute("SELECT count(*) FROM facts").fetchone()
            print(found[0] if found else "nothing", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
