"""Credentials from end to end: what is noticed late, and what is to blame."""

from pathlib import Path

import pytest

from sim.analysis.answer import answer
from sim.analysis.explain import chain, explain
from sim.analysis.tables import derive
from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import Row
from sim.scenario.loader import load_scenario
from sim.units import MINUTE, SECOND

HEAD = """\
title: Credentials
until: 30m
images:
  - {name: r.example/app, builds: {v1: {layers: {a: 1MB}}}, tags: {v1: v1}}
registries: {r.example: {accounts: {ci: s3cret}}}
"""
GOOD = "{auths: {r.example: {username: ci, password: s3cret}}}"
BAD = "{auths: {r.example: {username: ci, password: old}}}"
FILE = "/.docker/config.json"
POD = """\
objects:
  - apiVersion: v1
    kind: Pod
    metadata: {name: p}
    spec:
      imagePullSecrets: [{name: regcred}]
      containers: [{name: c, image: "r.example/app:TAG"}]
  - apiVersion: v1
    kind: Secret
    metadata: {name: regcred}
    type: kubernetes.io/dockerconfigjson
    stringData:
      .dockerconfigjson: '{"auths":{"r.example":{"username":"ci","password":"SECRET"}}}'
"""


def run(tmp_path: Path, text: str) -> tuple[EventLog, dict[str, object]]:
    path = tmp_path / "s.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return simulate(load_scenario(path).variants[0])


def path_of_failure(log: EventLog) -> list[Row]:
    return chain(log, next(log.rows(Kind.PULL_FAILED)).row)


def test_a_mended_file_is_noticed_late(tmp_path: Path) -> None:
    """Five minutes after it was read, and then at the next retry."""
    log, _ = run(
        tmp_path,
        f"nodes: [{{name: n, dockerConfig: {BAD}}}]\n"
        + POD.replace("imagePullSecrets: [{name: regcred}]", "").replace("TAG", "v1")
        + f"timeline: [{{at: 1m, changeNode: n, dockerConfig: {GOOD}}}]\n",
    )

    started = next(log.rows(Kind.STARTED))
    used = log[next(log.rows(Kind.IMAGE_STORED)).cause]

    assert 5 * MINUTE < started.time_us < 10 * MINUTE + 30 * SECOND
    assert log[used.source].kind is Kind.NODE_FILE_WRITTEN


def test_a_removed_file_is_the_last_word_of_an_explanation(tmp_path: Path) -> None:
    """An anonymous pull is due to it."""
    log, meta = run(
        tmp_path,
        f"nodes: [{{name: n, dockerConfigFiles: {{{FILE}: {GOOD}}}}}]\n"
        + POD.replace("imagePullSecrets: [{name: regcred}]", "nodeName: n")
        .replace("TAG", "v1")
        .replace("name: c,", "name: c, imagePullPolicy: Always,")
        + "timeline:\n"
        f"  - {{at: 1m, changeNode: n, dockerConfigFiles: {{{FILE}: null}}}}\n"
        "  - {at: 10m, crash: pod/p}\n",
    )

    told = explain(log, dict(meta), "pod/p")

    assert f"{FILE} on n was removed" in told


@pytest.mark.parametrize(("secret", "node"), [("s3cret", BAD), ("old", GOOD)])
def test_a_404_is_not_the_fault_of_credentials(
    tmp_path: Path, secret: str, node: str
) -> None:
    """Whichever credential was refused, the other saw that nothing is there."""
    log, meta = run(
        tmp_path,
        f"nodes: [{{name: n, dockerConfig: {node}}}]\n"
        + POD.replace("TAG", "v9").replace("SECRET", secret),
    )

    path = path_of_failure(log)
    told = explain(log, dict(meta), "pod/p")

    assert any(row.text == "HEAD manifest 404" for row in path)
    assert not any(row.kind is Kind.PULL_STARTED for row in path)
    assert (path[-1].kind, path[-1].object) == (Kind.APPLIED, "default/pod/p")
    assert "offered the registry" not in told


def test_half_a_login_is_as_none(tmp_path: Path) -> None:
    """The runtime cannot log in with it; the registry is asked without."""
    log, _ = run(
        tmp_path,
        "nodes: [{name: n, dockerConfig: {auths: {r.example: {}}}}]\n"
        + POD.replace("imagePullSecrets: [{name: regcred}]", "").replace("TAG", "v1"),
    )

    failed = next(log.rows(Kind.PULL_FAILED))

    assert failed.text.endswith("authorization failed: no basic auth credentials")


def test_a_failing_plug_in_is_the_answer(tmp_path: Path) -> None:
    """What it said is told, not only that it was there."""
    root = Path(__file__).parents[2]
    file = load_scenario(root / "scenarios" / "credential_provider.yaml")
    log, meta = simulate(file.variants[0])
    told = " ".join(answer(log, meta, derive(log, meta)))

    assert "gave nothing" in told
    assert told.count("the session has expired") == 1
