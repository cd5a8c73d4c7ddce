"""Write the golden bytes of a new release, once, at the release: `python -m tests.golden.regenerate v2`.

Belongs here: what a golden file states. A file that exists is never written again: released bytes stand in logs, and
a test that fails on them tells of a broken promise, not of an old file.
"""

import json
import sys
from pathlib import Path

from schemas.codec import seal
from schemas.compatibility import released_sources
from schemas.records import encode_record
from schemas.registry import header_of
from tests.golden.samples import facts, records
from tests.golden.values import to_json

HERE = Path(__file__).parent


def contents(release: str) -> dict[str, object]:
    """Give what the golden file of a release states."""
    sealed = {name: seal(draft) for name, draft in facts().items()}
    return {
        "release": release,
        "headers": {name: header_of(source).hex() for name, source in sorted(released_sources(release).items())},
        "facts": [
            {"name": name, "event_id": item.fact.event_id.hex(), "value": to_json(item.fact), "bytes": item.raw.hex()}
            for name, item in sealed.items()
        ],
        "records": [
            {"name": name, "value": to_json(record), "bytes": encode_record(record).hex()}
            for name, record in records().items()
        ],
    }


def write(release: str, folder: Path = HERE) -> Path:
    """Write the golden file of a release. Raises FileExistsError if there is one: it stands for ever."""
    text = json.dumps(contents(release), indent=1) + "\n"
    path = folder / f"{release}.json"
    with path.open("x") as file:
        file.write(text)
    return path


if __name__ == "__main__":
    print(write(sys.argv[1]))
