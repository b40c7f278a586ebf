"""Real images to stand on: their layers' names and compressed sizes, by image name.

``nginx:1.30.5`` is also found as ``nginx``: a name without a tag means ``latest``, or
the only one of that name. Layers that images share have one name, and so one content.

Source: ``presets.csv``, facts of docker-library/repo-info (see its head).
"""

import csv
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("presets.csv")


@cache
def presets() -> dict[str, dict[str, int]]:
    """Return each known image: layer name to compressed size, bottom layer first."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    found: dict[str, dict[str, int]] = {}
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        name = row["shared_id"] or f"{row['image']} layer {row['layer']}"
        found.setdefault(row["image"], {})[name] = int(row["bytes"])
    return found


def layers_of(name: str) -> dict[str, int] | None:
    """Return the layers of the image that a name means, or None if none is known."""
    known = presets()
    tagged = [one for one in known if one.partition(":")[0] == name]
    alone = tagged[0] if len(tagged) == 1 else f"{name}:latest"
    return known.get(name) or known.get(alone)
