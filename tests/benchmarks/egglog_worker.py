"""egglog at work for bench_saturation.py: one JSON request a line in, one JSON answer a line out.

Needs egglog and the standard library only, so it runs under any interpreter that has egglog.
"""

import json
import re
import resource
import sys
import time
from typing import Any

from egglog.bindings import EGraph


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run a program: `count` rows after each iteration, or `time` all iterations at once."""
    graph = EGraph()
    graph.run_program(*graph.parse_program(request["program"]))
    if request["want"] == "count":
        return {"rows": [rows_after(graph) for _ in range(request["rounds"])]}
    run = graph.parse_program(f"(run {request['rounds']})")
    start = time.process_time()
    graph.run_program(*run)
    seconds = time.process_time() - start
    return {"seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def rows_after(graph: Any) -> int:
    """Run one iteration, and give the number of rows in all tables."""
    graph.run_program(*graph.parse_program("(run 1)"))
    sizes = repr(graph.run_program(*graph.parse_program("(print-size)")))
    return sum(int(size) for size in re.findall(r"', (\d+)\)", sizes))


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
