"""Hold our kubelet's chance against the recorded one: pod_timeline.

Every scenario runs on our kubelet with many seeds, whose chance is drawn as a node of
the simulation draws it. Only then are the recorded runs looked at.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from statistics import median
from typing import NamedTuple

from sim.cluster.nodes.clockwork import CLOCK_PHASE_US, drawn_clockwork
from sim.cluster.streams import Streams
from sim.units import MILLISECOND, SECOND
from tests.conformance.adapters.timeline_replay import (
    Raw,
    Replay,
    Run,
    Seen,
    Words,
    recorded,
)
from tests.conformance.chance import fisher, kolmogorov_smirnov
from tests.conformance.harness import Adapter, Step, Tally

SEEDS = 200
KUBELET_AGE_US = 5 * SECOND  # the node shows 5 to 7 s after its kubelet's start
LIKELY = 0.001  # of all comparisons of a scenario together
WINDOW = 3
STRAY_US = SECOND
BURST_US = 200 * MILLISECOND
DELAYS_S = (10, 20, 40, 80, 160, 300)
PARTS = ("calls", "events", "statuses")
Shape = tuple[object, ...]
Name = Callable[[str], str]
"""What a pod is called when pods are told apart, or not."""


def simulate(config: Raw, seed: int) -> Run:
    """Run a scenario on our kubelet with the chance that a node draws."""
    shows_us = KUBELET_AGE_US + CLOCK_PHASE_US
    clockwork = drawn_clockwork(shows_us - KUBELET_AGE_US, Streams(seed), "node/node-1")
    return Replay(config, shows_us=shows_us, clockwork=clockwork).run()


def pod_timeline(data: Raw) -> Iterator[Step | Tally]:
    """Compare orders, texts, back-offs and the distributions of all times."""
    ours = [simulate(data["config"], seed) for seed in range(SEEDS)]
    theirs = [recorded(data, run) for run in data["runs"]]
    # Which of many pods in one instant is served first is nobody's choice.
    burst = data["kind"] == "qps"
    yield from _orders(ours, theirs, _nobody if burst else str)
    yield from _back_offs(ours, theirs)
    yield from (_bursts if burst else _times)(ours, theirs)


def _nobody(_: str) -> str:
    return "a pod"


# --- what follows what ---


def _orders(ours: list[Run], theirs: list[Run], name: Name) -> Iterator[Step]:
    """Shapes are what follows what, and whole orders; chance decides how often.

    What every recorded run has, or none, is as sure in ours; all that was recorded is
    reached; and what comes now and then comes about as often.
    """
    mine = Counter(shape for run in ours for shape in _shapes(run, name))
    recorded_ones = Counter(shape for run in theirs for shape in _shapes(run, name))
    windows = [shape for shape in recorded_ones if len(shape) == WINDOW + 2]
    yield Step("not reached", [w for w in windows if w not in mine], [])
    limit = LIKELY / len(mine | recorded_ones)
    for shape in mine | recorded_ones:
        some, others = mine[shape], recorded_ones[shape]
        alike = fisher(some, len(ours), others, len(theirs)) >= limit
        counts = (some, len(ours), others, len(theirs))
        yield Step(f"order {shape}", alike or counts, True)


def _shapes(run: Run, name: Name) -> set[Shape]:
    """Whole orders of each pod's calls, events and statuses, and windows of them."""
    found: set[Shape] = set()
    for part in PARTS:
        for pod, order in _by_pod(getattr(run, part)).items():
            found.add((part, name(pod), tuple(order)))
            for start in range(len(order) - WINDOW + 1):
                found.add((part, name(pod), *order[start : start + WINDOW]))
    return found


def _by_pod(seen: Iterable[Seen]) -> dict[str, list[tuple[Words, ...]]]:
    """What was seen of every pod, milliseconds in order; equal ones in a row are one.

    How often a pod is looked at between two pulls is chance; so is how long a pull
    waits for its turn. Calls that do not say for which pod they are, and what is done
    to several containers at once, have no order within an instant.
    """
    instants: dict[str, dict[int, list[Words]]] = defaultdict(dict)
    for time_us, pod, words in seen:
        known = tuple(WAITING.sub("", word) for word in words)
        instants[pod].setdefault(time_us // MILLISECOND, []).append(known)
    for pod, at in instants.items():
        for together in at.values():
            if not pod or any(not AT_ONCE.isdisjoint(words) for words in together):
                together.sort()
    return {
        pod: [order for order, _ in groupby(map(tuple, at.values()))]
        for pod, at in instants.items()
    }


AT_ONCE = frozenset({"StopContainer", "RemoveContainer", "Killing"})
WAITING = re.compile(r"\(\S+ including waiting\)")


# --- back-offs ---


class Bounds(NamedTuple):
    """The delay after a failure is over ``low_us`` and at most ``high_us``."""

    low_us: int = 0
    high_us: int = 10**18


def _back_offs(ours: list[Run], theirs: list[Run]) -> Iterator[Step]:
    """Which back-off follows the n-th failure of an image in a pod."""
    mine, recorded_ones = _bounds(ours), _bounds(theirs)
    for key, bounds in recorded_ones.items():
        fitting = set(_fitting(bounds)) & set(_fitting(mine.get(key, Bounds())))
        found = bool(fitting) or (mine.get(key), bounds)
        yield Step(f"back-off after {key}", found, True)


def _fitting(bounds: Bounds) -> list[int]:
    return [s for s in DELAYS_S if bounds.low_us < s * SECOND <= bounds.high_us]


def _bounds(runs: list[Run]) -> dict[tuple[str, str, int], Bounds]:
    """What all runs say of the delay after (pod, image, n-th failure)."""
    found: dict[tuple[str, str, int], Bounds] = defaultdict(Bounds)
    for run in runs:
        failed: dict[tuple[str, str], tuple[int, int]] = {}
        for time_us, pod, (_, _, reason, message) in run.events:
            image = IMAGE.search(message)
            key = (pod, image[1] if image else "")
            if message.startswith("Failed to pull"):
                failed[key] = (failed.get(key, (0, 0))[0] + 1, time_us)
            elif key in failed and reason in ("BackOff", "Pulling"):
                number, since_us = failed[key]
                low_us, high_us = found[*key, number]
                passed_us = time_us - since_us
                if reason == "BackOff":
                    bounds = Bounds(max(low_us, passed_us), high_us)
                else:
                    bounds = Bounds(low_us, min(high_us, passed_us))
                found[*key, number] = bounds
    return found


IMAGE = re.compile(r'image "([^"]*)"')


# --- times ---


Item = tuple[str, str, int]
"""What is timed (pull, back-off or status), of which pod, the how-manieth."""
Times = dict[Item, int]


def _items(run: Run, name: Name = str) -> Times:
    """When the k-th pull, back-off and change of status of every pod came."""
    times: dict[tuple[str, str], list[int]] = defaultdict(list)
    for time_us, pod, (call, *_) in run.calls:
        if call == "PullImage":
            times["pull", name(pod)].append(time_us)
    for time_us, pod, (_, _, reason, _) in run.events:
        if reason == "BackOff":
            times["back-off", name(pod)].append(time_us)
    for time_us, pod, _ in run.statuses:
        times["status", name(pod)].append(time_us)
    return {
        (what, pod, number): time_us
        for (what, pod), found in times.items()
        for number, time_us in enumerate(sorted(found), 1)
    }


def _samples(
    ours: list[Times], theirs: list[Times]
) -> Iterator[tuple[Item, list[int], list[int]]]:
    """The times of each item that all runs have."""
    for item in theirs[0]:
        if all(item in run for run in (*ours, *theirs)):
            yield item, [run[item] for run in ours], [run[item] for run in theirs]


def _times(ours: list[Run], theirs: list[Run]) -> Iterator[Step | Tally]:
    """Each item's times may be of one distribution, and few lie out of our range."""
    mine, recorded_ones = [_items(r) for r in ours], [_items(r) for r in theirs]
    samples = list(_samples(mine, recorded_ones))
    for item, one, other in samples:
        likely = kolmogorov_smirnov(one, other)
        yield Step(f"times of {item}", likely * len(samples) >= LIKELY or likely, True)
    yield _strays(mine, recorded_ones)


def _strays(ours: list[Times], theirs: list[Times]) -> Tally:
    """Recorded times more than a second out of the range of ours."""
    known: dict[Item, list[int]] = defaultdict(list)
    for run in ours:
        for item, time_us in run.items():
            known[item].append(time_us)
    ranges = {
        item: (min(times) - STRAY_US, max(times) + STRAY_US)
        for item, times in known.items()
    }
    given = [(item, time_us) for run in theirs for item, time_us in run.items()]
    astray = [
        item
        for item, time_us in given
        if item not in ranges or not ranges[item][0] <= time_us <= ranges[item][1]
    ]
    return Tally("times out of our range", len(astray), len(given))


def _bursts(ours: list[Run], theirs: list[Run]) -> Iterator[Step]:
    """Which of many pods is served first is chance: only the node's order counts.

    Medians lie within 0.2 s, unless an item varies so much by itself that this many
    recorded runs cannot tell.
    """
    mine = [_items(run, _nobody) for run in ours]
    recorded_ones = [_items(run, _nobody) for run in theirs]
    samples = list(_samples(mine, recorded_ones))
    for item, one, other in samples:
        apart_us = abs(median(one) - median(other))
        chance = kolmogorov_smirnov(one, other) * len(samples) >= LIKELY
        near = apart_us <= BURST_US or (_spread_us(one) > BURST_US and chance)
        yield Step(f"median of {item}", near or apart_us, True)


def judged_by_distribution(data: Raw) -> tuple[int, int]:
    """Return how many times of a burst no median can hold, and of how many."""
    samples = [
        one
        for _, one, _ in _samples(
            [_items(simulate(data["config"], seed), _nobody) for seed in range(SEEDS)],
            [_items(recorded(data, run), _nobody) for run in data["runs"]],
        )
    ]
    return sum(_spread_us(one) > BURST_US for one in samples), len(samples)


def _spread_us(times: list[int]) -> int:
    """The range without the tenth at either end."""
    ordered = sorted(times)
    tenth = len(ordered) // 10
    return ordered[-1 - tenth] - ordered[tenth]


ADAPTERS: dict[str, Adapter] = {"pod_timeline": pod_timeline}
