"""What is known to differ from upstream: a section of the report.

All of it is read off the tables and cases that it is about.
"""

from collections.abc import Iterator, Mapping, Sequence

from sim.rules.profiles import NOT_SIMULATED, UNDATED
from tests.conformance.adapters.timeline import judged_by_distribution
from tests.conformance.harness import Case
from tests.conformance.judge import ASTRAY, RACING

Kinds = Mapping[str, Sequence[Case]]
# What traces say beside, and no step compares.
NOT_COMPARED = (
    (
        "`image_manager`: `pod_timing` (calls to the pod start-up tracker, which is "
        "not simulated); the message of a call that succeeds, which nobody reads"
    ),
    "`pull_queue`: durations in messages; the times that they come from are compared",
    "`deployment_rollout`: `events`, of which only new Event objects are listed",
)


def section(kinds: Kinds) -> str:
    """Return the section, one list for each reason to differ."""
    lists = {
        "Releases before v1.36: a change whose release is not known": UNDATED,
        "Dated changes of parts that are not simulated": NOT_SIMULATED,
        "Kinds in which upstream itself races": list(_racing()),
        "Traces with more outcomes than are recorded: none of them need fit": list(
            _no_tests(kinds)
        ),
        "Judged by distribution": list(_by_distribution(kinds)),
        "Recorded, and not compared": NOT_COMPARED,
    }
    parts = [
        f"{title}:\n\n" + "\n".join(f"- {line}" for line in lines) + "\n"
        for title, lines in lists.items()
        if lines
    ]
    return "\n## Known to differ\n\n" + "\n".join(parts)


def _racing() -> Iterator[str]:
    for kind, share in RACING.items():
        yield f"`{kind}`: {share:.0%} of a file's traces may fit no recorded outcome"
    yield f"`pod_timeline`: {ASTRAY:.0%} of all times may lie more than 1 s out of ours"


def _no_tests(kinds: Kinds) -> Iterator[str]:
    for kind in RACING:
        cases = kinds.get(kind, ())
        sampled = [c.id for c in cases if c.data["distinct"] > len(c.data["variants"])]
        if sampled:
            names = ", ".join(name.removeprefix(f"{kind}-") for name in sampled)
            yield f"`{kind}`: {len(sampled)} of {len(cases)}, {names}"


def _by_distribution(kinds: Kinds) -> Iterator[str]:
    for case in kinds.get("pod_timeline", ()):
        if case.data["kind"] == "qps":
            found, of = judged_by_distribution(case.data)
            yield (
                f"`pod_timeline` {case.id}: {found} of {of} times vary by more than "
                "0.2 s by themselves, so that no median of them can be pinned"
            )
