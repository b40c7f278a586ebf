"""Bad scenarios: exit code 2, every mistake at once with its place, no traceback."""

from pathlib import Path

import pytest

from sim.errors import ScenarioError
from sim.scenario.loader import load_scenario

FOLDER = Path(__file__).parent / "bad_input"
CASES = sorted(FOLDER.glob("*.yaml"))


def mistakes(path: Path) -> list[str]:
    """What is wrong, one line a mistake, without the folder's name."""
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    return [
        f"{fault.place}: {fault.message}".replace(f"{path.parent}/", "")
        for fault in caught.value.faults
    ]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_mistake_is_told_with_its_place(path: Path) -> None:
    """The mistakes of a file are the reviewed ones, in order of place."""
    expected = path.with_suffix(".txt").read_text(encoding="utf-8").splitlines()

    assert mistakes(path) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"# only a remark\n", "the file is empty"),
        (b"\xff\xfe\x00binary", "not a text"),
        (b"title: \x00", "not a text"),
        (b"title: 'unfinished", "not valid YAML"),
        (b"- a\n- list\n", "a scenario is a map"),
        (b"title: a\n---\ntitle: b\n", "one document"),
        (b"a: &a [*a]\n", "contains itself"),
        (b"title: " + b"x" * 10_000_000, "a scenario has at most 5,000,000 bytes"),
        (b"a: " + b"[" * 200 + b"]" * 200, "nested deeper"),
    ],
)
def test_what_is_no_scenario_is_told(
    content: bytes, message: str, tmp_path: Path
) -> None:
    """Empty, binary, truncated, too large, cyclic: one clear sentence."""
    path = tmp_path / "s.yaml"
    path.write_bytes(content)

    told = mistakes(path)

    assert len(told) == 1
    assert told[0].startswith("s.yaml")
    assert message in told[0]


def test_an_expansion_out_of_all_proportion_is_refused(tmp_path: Path) -> None:
    """A billion laughs is refused, quickly."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    path = tmp_path / "s.yaml"
    path.write_text("\n".join(lines))

    told = mistakes(path)

    assert "too large" in told[0]


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("nodes.worker.count", "expected PATH=VALUE"),
        ("nodes.wroker.count=3", "did you mean 'worker'?"),
        ("timelime.0.at=3m", "did you mean 'timeline'?"),
        ("nodes.worker.count=many", "expected a whole number"),
        ("kubernetes=1.99", "known are: 1.30"),
    ],
)
def test_a_wrong_set_is_told_by_its_word(word: str, message: str) -> None:
    """The place of a mistake in ``--set`` is the word itself."""
    scenario = FOLDER.parents[2] / "scenarios" / "tag_mutation.yaml"

    with pytest.raises(ScenarioError) as caught:
        load_scenario(scenario, sets=[word])

    assert message in str(caught.value)
    assert "--set" in str(caught.value)


def test_text_stays_text(tmp_path: Path) -> None:
    """The tag 1.10 is no number, on is no truth, and CRLF and BOM do not matter."""
    path = tmp_path / "s.yaml"
    path.write_bytes(
        b"\xef\xbb\xbftitle: 12:30\r\nuntil: 5m\r\nimages:\r\n"
        b"  - {name: r.example/a, builds: {on: {layers: {a: 1MB}}}, "
        b"tags: {1.10: on}}\r\n"
    )

    scenario = load_scenario(path).variants[0]

    assert scenario.title == "12:30"
    assert scenario.images[0].tags == {"1.10": "on"}
