"""``python -m tests.perf``: what large clusters cost here, as JSON lines.

Each case runs in a process of its own, so its peak memory is its own. CPU seconds
count from the building of the model to the end of the run; the floor runs in the same
process right after, so the ratio holds on a machine whose speed drifts.
"""

import argparse
import gc
import json
import resource
import subprocess
import sys
from time import process_time

from sim.cluster.world import World
from tests.perf.cases import Case, large, storm, wave
from tests.perf.floor import bare, floor
from tests.perf.imports import measure_import

MAKE = {
    "large": large,
    "own": lambda nodes: wave(nodes, "own link"),
    "shared": lambda nodes: wave(nodes, "shared"),
    "storm": storm,
}
DEFAULT = ("import", "own:1000", "own:5000", "shared:400", "large:100", "large:1000")


def measure(case: Case) -> dict[str, object]:
    """Run one case and its floor in this process."""
    began = process_time()
    world = World(case.scenario)
    world.run()
    cpu_s = process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    events, rows = world.env.events, len(world.log)
    del world
    gc.collect()  # or the floor would pay for what the run left
    least = floor(
        pods=case.pods,
        containers=case.containers,
        pulls=case.pulls,
        layers=case.layers,
        every_s=0.002,
    )
    loop = bare()
    return {
        "case": case.name,
        "nodes": case.nodes,
        "pods": case.pods,
        "events": events,
        "rows": rows,
        "cpu_s": round(cpu_s, 2),
        "peak_mib": round(peak),
        "ratio_to_floor": round(cpu_s / least.cpu_s, 1),
        "floor_events": least.events,
        "floor_ns_per_event": round(least.ns_per_event),
        "bare_ns_per_event": round(loop.ns_per_event),
    }


def _measured(word: str) -> dict[str, object]:
    kind, _, nodes = word.partition(":")
    return measure_import() if kind == "import" else measure(MAKE[kind](int(nodes)))


def main() -> int:
    """Measure the cases that are named, or the usual ones."""
    parser = argparse.ArgumentParser(prog="python -m tests.perf", description=__doc__)
    parser.add_argument(
        "cases",
        nargs="*",
        default=DEFAULT,
        help="own:N, shared:N, large:N or storm:N, N = number of nodes; or import",
    )
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    for word in options.cases:
        if options.here:
            print(json.dumps(_measured(word)), flush=True)
            continue
        command = [sys.executable, "-m", "tests.perf", "--here", word]
        code = subprocess.run(command, check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
