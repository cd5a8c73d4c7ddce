"""Documents lead somewhere and explain what is shown, and no file names where packages come from."""

import dataclasses
import re
from pathlib import Path

import pytest

from analytics.answers import AgentState, Kpis
from tests.architecture.exceptions import BROKEN_LINK, REGISTRY_HOST
from tests.architecture.sources import CODE_SPAN, ROOT, documents, expect_only_exceptions, repository_files

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)+\.[a-z]+")
_HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)

# In pieces, so that this file does not name what it looks for.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"), ("pythonhosted", "org"), ("registry", "npmjs"), ("registry", "yarnpkg"), ("crates", "io"),
        ("repo", "maven", "apache"), ("repo1", "maven"), ("central", "sonatype"), ("proxy", "golang"),
        ("rubygems", "org"), ("conda", "anaconda"), ("registry-1", "docker"), ("hub", "docker"), ("ghcr", "io"),
        ("quay", "io"), ("packages", "confluent"),
    )
)  # fmt: skip


def test_links_lead_somewhere() -> None:
    """A reader would follow a link, or look for a file, that is not there."""
    found = {}
    for document in documents():
        text = (ROOT / document).read_text()
        for target in _LINK.findall(text):
            if "://" not in target and not target.startswith("mailto:") and not leads_somewhere(document, target):
                found[f"{document}::{target}"] = "the link leads nowhere"
        for span in CODE_SPAN.findall(text):
            if names_our_file(span) and not any((base / span).exists() for base in (ROOT, (ROOT / document).parent)):
                found[f"{document}::{span}"] = "there is no such file"

    expect_only_exceptions(BROKEN_LINK, found)


@pytest.mark.parametrize("answer", [Kpis, AgentState])
def test_the_figures_of_the_console_are_explained(answer: type) -> None:
    """A number would stand on the page and nobody could say what it counts."""
    told = set(CODE_SPAN.findall((ROOT / "docs/console.md").read_text()))

    assert {field.name for field in dataclasses.fields(answer)} - told == set()


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is the user's choice; a name in a file would outrank it, or leak it."""
    found = {}
    for path in repository_files():
        content = (ROOT / path).read_bytes().lower()
        for host in REGISTRY_HOSTS:
            if host.encode() in content:
                found[str(path)] = f"names {host}"

    expect_only_exceptions(REGISTRY_HOST, found)


def leads_somewhere(document: Path, target: str) -> bool:
    """Tell whether a relative link names a file or folder, and its fragment a heading of it."""
    name, _, fragment = target.partition("#")
    path = (ROOT / document).parent / name if name else ROOT / document
    if not path.exists():
        return False
    return not fragment or path.suffix != ".md" or fragment in anchors(path)


def anchors(path: Path) -> set[str]:
    """Give the fragments that the headings of a document can be reached by."""
    titles = (re.sub(r"[^\w\- ]", "", title.lower()) for title in _HEADING.findall(path.read_text()))
    return {title.replace(" ", "-") for title in titles}


def names_our_file(span: str) -> bool:
    """Tell whether a code span is a path that begins at a folder of this repository, without wildcards."""
    return bool(_PATH.fullmatch(span)) and (ROOT / span.partition("/")[0]).is_dir()
