"""The notebook of docs/examples: its cells run, in order, while a sink writes."""

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from analytics.catalog import Publisher, store_dir
from analytics.sink import open_buffer
from analytics.tables import tables
from tests.unit.analytics.observed import as_records, heartbeat, random_events
from tests.unit.analytics.stored import AGENTS, fact_at, store_records, table_named

NOTEBOOK = Path(__file__).parents[3] / "docs" / "examples" / "store.ipynb"
EVENTS = random_events(2, 300)


def program() -> str:
    """Give the code of all cells, as a kernel would run them."""
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def test_the_notebook_runs_while_the_sink_writes(tmp_path: Path) -> None:
    """Who copies the example would meet a lock, a name that is gone, or figures that do not fit together."""
    store_records(tmp_path, "heartbeats", as_records([heartbeat(agent) for agent in range(AGENTS)]))
    store, publisher = store_dir(tmp_path), Publisher(store_dir(tmp_path), tables(AGENTS))
    buffers = [open_buffer(store, table_named(name)) for name in ("facts", "flow_seconds", "flow_hours")]
    records = as_records(EVENTS)
    try:
        for buffer in buffers[1:]:
            buffer.take(records)
            buffer.flush()
        publisher.publish()
        command = (sys.executable, "-c", program())
        environment = os.environ | {"EGRAPH_DATA_DIR": str(tmp_path)}
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            for number in itertools.count():
                buffers[0].take([fact_at(0, number, 1000 + number)])
                buffers[0].flush()
                buffers[0].compact()
                publisher.publish()
                if process.poll() is not None:
                    break
            said, trouble = process.communicate(timeout=60)
    finally:
        for buffer in buffers:
            buffer.writer.close()

    assert process.returncode == 0, trouble
    assert f"{AGENTS} agents, 1 different views" in said
    messages = sum(event.kind.value in ("MessageReceived", "AckReceived") for event in EVENTS)
    assert f", {messages} messages" in said.splitlines()[-1]
    assert re.search(r"^\d+ facts: ", said, flags=re.MULTILINE)


def test_the_notebook_holds_no_output() -> None:
    """Figures of somebody's machine would be committed, and change with each look."""
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells if "outputs" in cell)
    assert sum(cell["cell_type"] == "code" for cell in cells) >= 5
