"""The program as people use it: what it prints, what it writes, how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TAG_MUTATION = ROOT / "scenarios" / "tag_mutation.yaml"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def sim(*words: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sim", *map(str, words)],
        cwd=cwd,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_arguments_it_lists_scenarios_with_their_questions() -> None:
    """Every shipped scenario appears with its title and its question."""
    done = sim()

    assert done.returncode == 0
    for path in sorted((ROOT / "scenarios").glob("*.yaml")):
        assert path.name in done.stdout
    assert "does each pod run?" in done.stdout


def test_a_run_answers_and_leaves_a_complete_folder(tmp_path: Path) -> None:
    """The answer is on the screen; scenario, record, tables and charts on disk."""
    done = sim(TAG_MUTATION, "--out", tmp_path / "run")

    assert done.returncode == 0, done.stderr
    assert "At 30m, deployment/web: 5 pods run v1, 4 pods run v2." in done.stdout
    folder = tmp_path / "run"
    assert (folder / "scenario.yaml").read_text() == TAG_MUTATION.read_text()
    facts = json.loads((folder / "run.json").read_text())
    assert facts["variants"][0]["name"] == "as written"
    for variant in facts["variants"]:
        place = folder / variant["folder"]
        assert (place / "record.zip").is_file()
        lines = (place / "events.jsonl").read_text().splitlines()
        assert len(lines) == variant["rows"]
        assert (place / "tables" / "pulls.csv").is_file()
    assert len(list((folder / "charts").glob("*.png"))) == 5
    assert "Which build does each pod run?" in (folder / "report.html").read_text()
    assert sorted(tmp_path.iterdir()) == [folder]


def test_by_default_runs_go_below_the_current_folder(tmp_path: Path) -> None:
    """Nothing is written beside the scenario; the path is printed."""
    done = sim(TAG_MUTATION, "--quiet", "--no-charts", cwd=tmp_path)
    again = sim(TAG_MUTATION, "--quiet", "--no-charts", cwd=tmp_path)

    assert done.stdout.strip() == "runs/tag_mutation-001"
    assert again.stdout.strip() == "runs/tag_mutation-002"
    assert (tmp_path / "runs" / "tag_mutation-001" / "run.json").is_file()


def test_report_writes_the_page_of_a_run(tmp_path: Path) -> None:
    """Also of a run without charts, in either language; its path is printed."""
    folder = tmp_path / "run"
    sim(TAG_MUTATION, "--quiet", "--no-charts", "--out", folder)
    page = folder / "report.html"
    assert not page.exists()

    done = sim("report", folder, "--lang", "ko", "--show-answer")
    nowhere = sim("report", tmp_path)

    assert done.stdout == f"{page}\n"
    text = page.read_text(encoding="utf-8")
    assert '<html lang="ko">' in text
    assert '"show_answer":true' in text
    assert nowhere.returncode == 2
    assert "not a run folder" in nowhere.stderr


def test_explain_and_events_read_a_run(tmp_path: Path) -> None:
    """A chain ends in the push; events look like kubectl's."""
    folder = tmp_path / "run"
    sim(TAG_MUTATION, "--quiet", "--no-charts", "--out", folder)

    why = sim("explain", folder, "deployment/web")
    events = sim("events", folder, "--variant", "Always")

    assert "stable was pushed: it now means the build v2" in why.stdout
    assert events.stdout.startswith("NAMESPACE")
    assert "Successfully pulled image" in events.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("explain", "RUN", "pod/nobody"), "no pod 'nobody' in this run"),
        (("explain", "RUN", "pod/web"), "is the beginning of"),
        (("explain", "RUN", "web"), "expected pod/NAME, deployment/NAME"),
        (("explain", "RUN", "deployment/wep"), "did you mean 'web'?"),
        (("events", "RUN", "--variant", "Alway"), "did you mean 'Always'?"),
        (("events", "nowhere"), "not a run folder"),
    ],
)
def test_unknown_names_are_told(
    words: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    """Exit code 2, one sentence, no traceback."""
    folder = tmp_path / "run"
    sim(TAG_MUTATION, "--quiet", "--no-charts", "--out", folder)

    done = sim(*(folder if word == "RUN" else word for word in words))

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_set_changes_a_value_by_name(tmp_path: Path) -> None:
    """``nodes.worker.count=9`` makes nine workers; a failed claim exits with 1."""
    done = sim(
        TAG_MUTATION,
        *("--set", "nodes.worker.count=9", "--set", "expect.0.builds.v1=5"),
        *("--no-charts", "--out", tmp_path / "run"),
    )

    assert done.returncode == 1
    assert "FAILS" in done.stdout
    assert "found: v1: 6 in service" in done.stdout
    nodes = (tmp_path / "run/variants/as-written/tables/node_images.csv").read_text()
    assert "worker-9" in nodes or "worker-8" in nodes or "worker-7" in nodes


def test_a_failed_claim_names_its_line(tmp_path: Path) -> None:
    """What was claimed, what was found, where it stands."""
    path = tmp_path / "mine.yaml"
    path.write_text(TAG_MUTATION.read_text().replace("{v1: 9}", "{v1: 8}"))

    done = sim(path, "--no-charts", "--out", tmp_path / "run")

    assert done.returncode == 1
    assert "found: v1: 9 in service" in done.stdout
    assert f"{path}:" in done.stdout


def test_new_writes_a_starter_that_runs(tmp_path: Path) -> None:
    """The starter is valid, runs, and its claims hold; it is never overwritten."""
    path = tmp_path / "mine.yaml"

    made = sim("new", path)
    valid = sim("validate", path)
    run = sim(path, "--no-charts", "--out", tmp_path / "run")
    again = sim("new", path)

    assert (made.returncode, valid.returncode, run.returncode) == (0, 0, 0), run.stdout
    assert again.returncode == 2
    assert "File exists" in again.stderr


def test_a_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    """``--out`` replaces a run, never anything else."""
    (tmp_path / "keep.txt").write_text("mine")

    done = sim(TAG_MUTATION, "--quiet", "--no-charts", "--out", tmp_path)

    assert done.returncode == 2
    assert "not a run folder" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["keep.txt"]


def test_an_older_run_is_replaced_whole(tmp_path: Path) -> None:
    """Running twice into one folder leaves the second run only."""
    folder = tmp_path / "run"
    sim(TAG_MUTATION, "--quiet", "--out", folder)

    sim(TAG_MUTATION, "--quiet", "--no-charts", "--out", folder)

    assert not (folder / "charts").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_nothing_half_written(
    number: signal.Signals, tmp_path: Path
) -> None:
    """Ctrl-C exits with 130; also after a kill no half a run is in place."""
    words = [sys.executable, "-m", "sim", str(TAG_MUTATION), "--out", "run"]
    process = subprocess.Popen(
        words,
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(1.0)

    process.send_signal(number)
    _, errors = process.communicate(timeout=20)

    # Where the signal comes while Python executes a text (as when it makes a
    # dataclass), it ends itself by that signal in the end; shells call that 130 too.
    assert process.returncode in (130, -signal.SIGINT, -signal.SIGTERM)
    assert not (tmp_path / "run").exists()
    assert "Traceback" not in errors


def test_korean_is_spoken(tmp_path: Path) -> None:
    """``--lang ko`` answers in Korean; Kubernetes' words stay."""
    folder = tmp_path / "run"

    done = sim(TAG_MUTATION, "--lang", "ko", "--no-charts", "--out", folder)
    why = sim("explain", folder, "deployment/web", "--lang", "ko")

    assert "Pod 5개가 v1 실행" in done.stdout
    assert "서비스 중" in why.stdout
