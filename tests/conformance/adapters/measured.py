"""Measured pulls: each row through the runtime, registries and network on the clock."""

from collections.abc import Iterator
from typing import Any

from sim.scenario import model
from sim.units import SECOND
from tests.conformance.adapters.measured_bench import HOST, Bench, build, layer
from tests.conformance.harness import Adapter, Step
from tests.conformance.validation import expected, params_of

Facts = dict[str, Any]
IMAGES = {
    "tag": [layer(f"t{n}") for n in range(1, 7)],
    "shareb": [*(layer(f"t{n}") for n in range(1, 5)), layer("b5"), layer("b6")],
    "disj": [layer(f"d{n}") for n in range(1, 7)],
    "z24": [layer(f"z24-{n}", 4) for n in range(6)],
    "z60": [layer(f"z60-{n}") for n in range(6)],
    "z120": [layer(f"z120-{n}", 20) for n in range(6)],
    "comp3": [layer(f"c{n}", 10.15, 30) for n in range(6)],
}
STEPS = (
    "cold",
    "unchanged",
    "top",
    "third",
    "bottom",
    "config",
    "back",
    "shared_base",
)
# The number of the layer that a step replaces.
REPLACED = {"bottom": 0, "third": 2, "top": 5}


def single(row: Facts) -> Iterator[Step]:
    """One registry, one node, one image of distinct layers."""
    params = params_of(row)
    unpacked = params.get("unpacked_mb")
    layers = [
        layer(
            f"l{n}",
            float(params["layer_mb"]),
            None if unpacked is None else float(unpacked),
            int(params.get("files", "8")),
        )
        for n in range(int(params["layers"]))
    ]
    bench = Bench(row["runtime"], params, {"one": [build("one", layers)]})
    pull = bench.pull("n1", f"{HOST}/app/one:v1")
    yield Step("time", bench.end(pull)[1], expected(row))


def tags(row: Facts) -> Iterator[Step]:
    """One node through all steps; a row reads one of them."""
    steps = _tag_steps(row["runtime"], _without_step(row["params"]))
    step = params_of(row)["step"]
    yield Step(row["quantity"], steps[step][row["quantity"]], expected(row))


def _without_step(params: str) -> str:
    return ";".join(p for p in params.split(";") if not p.startswith("step="))


def _tag_steps(version: str, params: str) -> dict[str, dict[str, float]]:
    """Return what each step cost."""
    tagged = {"cold": build("tag", IMAGES["tag"])}
    for step, number in REPLACED.items():
        layers = list(IMAGES["tag"])
        layers[number] = layer(f"new-{step}")
        tagged[step] = build(step, layers)
    tagged["config"] = build("config", IMAGES["tag"])
    images = {"tag": list(tagged.values())}
    images["shareb"] = [build("shareb", IMAGES["shareb"])]
    bench = Bench(version, params_of({"params": params}), images)
    costs = {}
    for step in STEPS:
        name = "shareb" if step == "shared_base" else "tag"
        if name == "tag":
            known = tagged.get(step, tagged["cold"])
            bench.registries.push(f"{HOST}/app/tag", "v1", known.name)
        costs[step] = _cost(bench, f"{HOST}/app/{name}:v1")
    return costs


def _cost(bench: Bench, image: str) -> dict[str, float]:
    before = len(bench.requests())
    _, length_s = bench.end(bench.pull("n1", image))
    new = bench.requests()[before:]
    blobs = [row for row in new if row.text.startswith(("GET blob", "GET config"))]
    return {
        "time": length_s,
        "bytes": sum(row.amount for row in blobs),
        "blob_gets": len(blobs),
        "manifest_gets": sum(row.text.startswith("GET manifest") for row in new),
    }


def concurrent(row: Facts) -> Iterator[Step]:
    """Several pulls at once, on one node or many."""
    quantities = _together(row["runtime"], row["params"])
    yield Step(row["quantity"], quantities[row["quantity"]], expected(row))


def _together(version: str, text: str) -> dict[str, float]:
    params = params_of({"params": text})
    jobs = [job.split() for job in params["jobs"].split("/")]
    images: dict[str, list[model.Build]] = {
        name: [build(name, layers)] for name, layers in IMAGES.items()
    }
    bench = Bench(version, params, images)
    pulls = [
        bench.pull(node, f"{HOST}/app/{image}:v1", after_s=float(start_s))
        for node, image, start_s in jobs
    ]
    lengths = [bench.end(pull)[1] for pull in pulls]
    first_us = min(float(start_s) for _, _, start_s in jobs) * SECOND
    blobs = [row for row in bench.requests() if "manifest" not in row.text]
    return {
        "makespan": (bench.env.now - first_us) / SECOND,
        "bytes": sum(row.amount for row in blobs),
        "mean": sum(lengths) / len(lengths),
        "first": min(lengths),
    } | {f"job{n}": length for n, length in enumerate(lengths)}


def paper(row: Facts) -> Iterator[Step]:
    """A published figure: printed with the reason why it is no gate, unless it is."""
    if row["gate"] == "yes":
        yield Step("prediction", None, expected(row | {"judge": "band", "abs_s": "0"}))


ADAPTERS: dict[str, Adapter] = {
    "measured_single": single,
    "measured_tags": tags,
    "measured_concurrent": concurrent,
    "papers": paper,
}
