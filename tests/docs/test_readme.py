"""What the README says is what the program does."""

import re
import sys
from pathlib import Path

from sim import cli
from tests.docs.renew import README, ROOT, parts, replaced

TEXT = README.read_text(encoding="utf-8")


def test_generated_parts_are_current() -> None:
    """Renew with: python -m tests.docs.renew."""
    assert replaced(TEXT, parts()) == TEXT


def test_every_picture_shown_is_there() -> None:
    """The README's pictures are files of the project."""
    shown = set(re.findall(r"[\w/.-]+\.png", TEXT))

    assert len(shown) > 1
    assert [name for name in sorted(shown) if not (ROOT / name).is_file()] == []


def test_the_test_command_is_the_one_that_ci_runs() -> None:
    """.ci/run takes the command from the README; there is exactly one."""
    ci = (ROOT / ".ci" / "run").read_text()
    commands = re.findall(r"<!-- test command -->\n```\n(python3 .*)\n```", TEXT)

    assert len(commands) == 1
    assert "<!-- test command -->" in ci


def test_every_option_and_command_is_in_the_readme() -> None:
    """What --help offers, the README names."""
    words = {*cli.COMMANDS}
    for command in ("run", *cli.COMMANDS):
        parser = cli._parser(command)
        for action in parser._actions:
            words |= {o for o in action.option_strings if o.startswith("--")}
    words -= {"--help"}

    assert {word for word in words if word not in TEXT} == set()


def test_the_project_speaks_of_itself_alone() -> None:
    """No path of one machine, and nothing but the agreed entries at the top."""
    allowed = {"pyproject.toml", "sim", "scenarios", "notebooks", "tests", "README.md"}
    allowed |= {"LICENSE", "constraints.txt", "CHANGELOG.md", "runs"}
    top = {entry.name for entry in ROOT.iterdir() if not entry.name.startswith(".")}
    home = re.compile(r"/(home|root|work)/\w+/")
    files = [p for p in Path(ROOT).rglob("*.py") if ".venv" not in p.parts]

    assert top <= allowed
    assert [str(p) for p in files if home.search(p.read_text())] == []
    assert sys.version_info >= (3, 11)
