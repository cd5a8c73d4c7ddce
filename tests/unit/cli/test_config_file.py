"""The configuration file: weaker than flags and environment, and never silently ignored."""

from pathlib import Path

import pytest

from cli.config_file import ConfigFileError, read_defaults

COMMANDS = {"demo": {"bootstrap", "agents"}, "sink": {"bootstrap", "data_dir"}}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "egraph.toml"
    monkeypatch.setenv("EGRAPH_CONFIG", str(path))
    return path


def test_shared_keys_reach_every_command_that_has_the_option(config: Path) -> None:
    """A user would have to repeat the bootstrap servers for each command."""
    config.write_text('bootstrap = "k:1"\nagents = 3\n[sink]\n"data-dir" = "/d"\n')

    defaults = read_defaults(COMMANDS)

    assert defaults == {"demo": {"bootstrap": "k:1", "agents": 3}, "sink": {"bootstrap": "k:1", "data_dir": "/d"}}


@pytest.mark.parametrize(
    ("text", "named"),
    [("bootstrp = 1\n", "bootstrp"), ("[demoo]\n", "demoo"), ("[sink]\nagents = 1\n", "agents"), ("= oops\n", "mend")],
)
def test_what_is_not_understood_is_refused(config: Path, text: str, named: str) -> None:
    """A misspelt setting would be ignored and the user would search for hours."""
    config.write_text(text)

    with pytest.raises(ConfigFileError, match=named):
        read_defaults(COMMANDS)


def test_a_named_file_must_exist(config: Path) -> None:
    """EGRAPH_CONFIG with a typing error would quietly run with defaults."""
    with pytest.raises(ConfigFileError, match="does not exist"):
        read_defaults(COMMANDS)
