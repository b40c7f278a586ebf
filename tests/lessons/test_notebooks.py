"""Every notebook runs from top to bottom, in both languages, and they are one lesson.

The default run executes the cells here, one namespace a notebook; a slow test does it
in a real kernel, from the file that the README's command makes.
"""

import ast
import re
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from sim.lessons.bank import lesson_numbers as numbers
from sim.lessons.desk import LANGUAGES, VOTES

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = [(language, number) for language in LANGUAGES for number in numbers()]
QUOTED = re.compile(r"`[^`]+`")


def path_of(language: str, number: int) -> Path:
    return FOLDER / language / f"lesson_{number}.py"


def cells_of(language: str, number: int) -> list[tuple[str, str]]:
    """The cells of a source in the percent format: (kind, text)."""
    text = path_of(language, number).read_text(encoding="utf-8")
    parts = re.split(r"^# %%(.*)\n", text, flags=re.MULTILINE)[1:]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return [(kind.strip(), body.strip()) for kind, body in pairs]


def quoted(prose: str) -> set[str]:
    """The words in backticks, which the sources may break over lines."""
    return set(QUOTED.findall(prose.replace("\n# ", " ")))


def show(code: str, names: dict[str, Any]) -> str:
    """Run a cell as a notebook does; return what its last value shows."""
    tree = ast.parse(code)
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    exec(compile(tree, "cell", "exec"), names)  # noqa: S102 - our own notebooks
    value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307
    return str(value._repr_html_())


def test_there_is_a_source_for_every_lesson_and_no_other() -> None:
    """Sources only are kept; what was run in Jupyter is ignored by Git."""
    assert set(FOLDER.rglob("*.py")) == {path_of(*one) for one in NOTEBOOKS}
    assert "notebooks/**/*.ipynb" in (FOLDER.parent / ".gitignore").read_text()


@pytest.mark.parametrize(("language", "number"), NOTEBOOKS)
def test_a_notebook_runs_from_top_to_bottom(
    language: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the right answers given, every cell shows something."""
    monkeypatch.setenv(VOTES, "right")
    names: dict[str, Any] = {}

    shown = [show(body, names) for kind, body in cells_of(language, number) if not kind]

    assert all(len(html) > 20 for html in shown)
    assert sum("✓" in html for html in shown) >= 2


@pytest.mark.parametrize("number", numbers())
def test_the_languages_have_the_same_cells(number: int) -> None:
    """Equal code but for the language; equal quoted words and headings in the prose."""
    for english, korean in zip_longest(*(cells_of(lang, number) for lang in LANGUAGES)):
        assert english[0] == korean[0]
        if english[0]:
            assert quoted(english[1]) == quoted(korean[1])
            assert english[1].count("# #") == korean[1].count("# #")
            assert re.search("[가-힣]", korean[1])
        else:
            assert english[1].replace('"en"', '"ko"') == korean[1]


@pytest.mark.parametrize(("language", "number"), NOTEBOOKS)
def test_cells_are_short_and_ask_before_they_tell(language: str, number: int) -> None:
    """No cell of code is longer than five lines; each answer follows a prediction."""
    code = [body for kind, body in cells_of(language, number) if not kind]
    asked = [re.findall(r'^(ask|predict|reveal)\("(\w+)"', body) for body in code]
    order = [found[0] for found in asked if found]

    assert all(len(body.splitlines()) <= 5 for body in code)
    for verb, question in order:
        if verb == "reveal":
            here = order.index((verb, question))
            assert order[here - 2 : here] == [("ask", question), ("predict", question)]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("language", "number"), NOTEBOOKS)
def test_a_kernel_runs_what_jupytext_makes(
    language: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notebook is valid, runs in Jupyter's own kernel, and stops at a reveal."""
    jupytext = pytest.importorskip("jupytext")
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("PYTHONPATH", str(FOLDER.parent))
    notebook = jupytext.read(path_of(language, number))
    nbformat.validate(notebook)
    assert notebook.metadata["kernelspec"]["name"] == "python3"

    monkeypatch.setenv(VOTES, "right")
    nbclient.NotebookClient(notebook, timeout=120).execute()

    shown = [cell["outputs"] for cell in notebook.cells if cell["cell_type"] == "code"]
    assert all(len(outputs) == 1 for outputs in shown)
    assert all("text/html" in outputs[0]["data"] for outputs in shown)

    monkeypatch.delenv(VOTES)
    unanswered = jupytext.read(path_of(language, number))
    with pytest.raises(nbclient.exceptions.CellExecutionError):
        nbclient.NotebookClient(unanswered, timeout=120).execute()
    code = [cell for cell in unanswered.cells if cell["cell_type"] == "code"]
    stopped = next(c for c in code if c["outputs"][0]["output_type"] == "error")
    assert stopped["source"] == 'reveal("q1")'
    assert len(stopped["outputs"][0]["traceback"]) == 1  # one sentence, no traceback
