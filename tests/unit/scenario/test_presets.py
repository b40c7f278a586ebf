"""Images with the layers of real ones."""

from pathlib import Path

import pytest

from sim.errors import ScenarioError
from sim.scenario import model
from sim.scenario.loader import load_scenario
from sim.scenario.presets import layers_of, presets

NGINX_BYTES = 66_084_611  # the sum that repo-info gives for its seven layers


def images(tmp_path: Path, text: str) -> dict[str, model.Image]:
    path = tmp_path / "s.yaml"
    path.write_text(f"title: t\nuntil: 5m\nimages:\n{text}", encoding="utf-8")
    scenario = load_scenario(path).variants[0]
    return {image.name: image for image in scenario.images}


def test_a_name_without_a_tag_means_latest_or_the_only_one() -> None:
    """As people write them."""
    assert layers_of("nginx") == layers_of("nginx:1.30.5")
    assert layers_of("python") == layers_of("python:latest")
    assert layers_of("python:slim") != layers_of("python")
    assert layers_of("pyton") is None


def test_an_image_of_a_preset_has_one_build_and_a_tag(tmp_path: Path) -> None:
    """The layers are the real ones, in order; ``latest`` names them."""
    (image,) = images(tmp_path, "  - {name: r.example/web, preset: nginx}\n").values()
    layers = image.builds["nginx"].layers

    assert image.tags == {"latest": "nginx"}
    assert sum(layer.size_bytes for layer in layers) == NGINX_BYTES
    assert layers[0].name == "debian-slim-20260824"


def test_a_build_stands_on_a_preset_and_shares_its_layers(tmp_path: Path) -> None:
    """Own layers come on top; equal layers of two images are one content."""
    found = images(
        tmp_path,
        "  - {name: r.example/a, builds: {v1: {preset: redis, layers: {app: 9MB}}}}\n"
        "  - {name: r.example/b, preset: postgres, tags: {'17': postgres}}\n",
    )
    a = found["r.example/a"].builds["v1"].layers
    b = found["r.example/b"].builds["postgres"].layers

    assert found["r.example/b"].tags == {"17": "postgres"}
    assert a[-1].name == "app"
    assert len(a) == len(layers_of("redis") or {}) + 1
    assert a[0] == b[0]


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("{name: r.example/a}", "4:5: image 'r.example/a' needs either builds or"),
        ("{name: r.example/a, preset: nginx, builds: {}}", "needs either builds or"),
        ("{name: r.example/a, preset: ngin}", "4:33: preset 'ngin' is not known"),
        ("{name: r.example/a, preset: ngin}", "(did you mean 'nginx'?)"),
        (
            "{name: r.example/a, builds: {v1: {preset: mysql}}}",
            f"known are: {', '.join(presets())}",
        ),
        (
            "{name: r.example/a, builds: {v1: {preset: nginx, size: 1MB}}}",
            "needs either layers (or a preset) or a size",
        ),
    ],
)
def test_a_wrong_preset_is_told(image: str, message: str, tmp_path: Path) -> None:
    """What is known is listed."""
    with pytest.raises(ScenarioError) as caught:
        images(tmp_path, f"  - {image}\n")

    assert len(caught.value.faults) == 1
    assert message in str(caught.value)
