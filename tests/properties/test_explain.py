"""Laws of explanations, tried on random small records."""

from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.answer import LINES, answer
from sim.analysis.explain import chain, explain, is_outside_act
from sim.analysis.tables import builds_at, derive
from sim.record.kinds import Kind
from sim.units import MINUTE, SECOND
from tests.record_factory import UNTIL_US, WEB, PodRows, Recorded, Recorder, digest

NODES = ("worker-1", "worker-2", "bare")
ACTS = ("push v1", "push v2", "start", "always", "fail", "crash", "remove")


def _act(
    made: Recorder, act: str, number: int, node: str, running: list[PodRows]
) -> None:
    now = number * MINUTE
    if act.startswith("push"):
        made.push(now, act.removeprefix("push "))
    elif act in ("crash", "remove"):
        if running and act == "crash":
            pod = running[number % len(running)]
            made.exit(now, pod, code=1)
            made.start(now + 2 * SECOND, pod)
        elif running:
            cause = made.kubectl(now, WEB, "kubectl delete pod")
            made.remove(now, running.pop(number % len(running)), cause)
    else:
        made.kubectl(now, WEB, "kubectl scale deployment/web")
        pod = made.pod(now, WEB, f"web-1-{number}", node)
        if act == "fail":
            bare = made.join(now, f"late-{number}", docker_config=False)
            failed = made.fail(now + 2 * SECOND, pod, source=bare)
            made.back_off(now + 15 * SECOND, pod, failed)
        else:
            made.start(now + 2 * SECOND, pod, always=act == "always")
            running.append(pod)


@st.composite
def records(draw: st.DrawFn) -> Recorded:
    """A tag that moves, pods that start, fail, crash and go, on three nodes."""
    made = Recorder()
    made.push(0, "v1")
    for node in NODES:
        made.join(0, node, docker_config=node != "bare")
        if draw(st.booleans()):
            made.bake(node, draw(st.sampled_from(["v1", "v2"])))
    made.apply(0, WEB)
    running: list[PodRows] = []
    acts = draw(st.lists(st.sampled_from(ACTS), max_size=12))
    for number, act in enumerate(acts, start=1):
        _act(made, act, number, draw(st.sampled_from(NODES)), running)
    return made.finish()


@given(records())
def test_chains_end_in_an_outside_act_and_times_never_rise(made: Recorded) -> None:
    """Every row goes back to something that somebody did."""
    for number in range(len(made.log)):
        path = chain(made.log, number)
        times = [row.time_us for row in path]

        assert is_outside_act(path[-1])
        assert times == sorted(times, reverse=True)


@given(records())
def test_every_digest_in_service_has_a_chain(made: Recorded) -> None:
    """What is in service goes back to a push or a baked node that meant just it."""
    tables = derive(made.log, made.meta)
    starts = {row.digest: row.row for row in made.log.rows(Kind.STARTED)}

    for one in tables.service.to_dict("records"):
        path = chain(made.log, starts[one["digest"]])
        meant = [r for r in path if r.kind in (Kind.TAG_PUSHED, Kind.PRE_PULLED)]

        assert meant[0].digest == one["digest"] == digest(one["build"])


@given(records(), st.integers(0, UNTIL_US))
def test_every_pod_can_be_explained_at_any_time(made: Recorded, at_us: int) -> None:
    """And what is said of its containers is what the tables say."""
    tables = derive(made.log, made.meta)

    for pod in tables.pods.to_dict("records"):
        if pod["created_us"] > at_us:
            continue
        told = explain(made.log, made.meta, f"pod/{pod['pod']}", at_us=at_us)
        service = tables.service[
            (tables.service["pod"] == pod["pod"])
            & (tables.service["start_us"] <= at_us)
            & ((tables.service["end_us"] > at_us) | tables.service["open"])
        ]
        for build in service["build"]:
            assert f"runs the build {build} " in told
        assert ("Container web runs" in told) is bool(len(service))


@given(records())
def test_a_deployment_counts_what_the_tables_count(made: Recorded) -> None:
    """The explanation and the table agree on the pods of each build."""
    counts = builds_at(derive(made.log, made.meta), WEB, UNTIL_US)

    told = explain(made.log, made.meta, "deployment/web")

    for build, count in counts.items():
        pods = "1 pod runs" if count == 1 else f"{count} pods run"
        assert f"{pods} {build}" in told
    assert ("2 builds are in service" in told) is (len(counts) == 2)


@given(records())
def test_the_answer_is_short_and_never_fails(made: Recorded) -> None:
    """One to five lines, without a gap for anything that is not known."""
    for language in ("en", "ko"):
        lines = answer(made.log, made.meta, derive(made.log, made.meta), language)

        assert 1 <= len(lines) <= LINES
        assert all(line and "  " not in line and "None" not in line for line in lines)
