"""Folders on the disk, for the modules that keep files. Not here: what is in them."""

import os
from pathlib import Path


def sync_folder(directory: Path) -> None:
    """Make the names in a folder outlive a power cut, as fsync does for a file's content."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
