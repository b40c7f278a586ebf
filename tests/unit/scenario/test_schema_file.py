"""The JSON Schema that editors read is the one that the program checks by."""

import json
from pathlib import Path

from sim.scenario.schema.scenario import json_schema

FILE = Path(__file__).parents[3] / "sim" / "scenario.schema.json"


def test_the_schema_file_is_current() -> None:
    """Renew with: python -m tests.docs.renew."""
    written = json.loads(FILE.read_text(encoding="utf-8"))

    assert written == json.loads(json.dumps(json_schema()))


def test_every_key_has_a_help_text_or_kubernetes_own_name() -> None:
    """A key that people write is described, unless Kubernetes describes it."""
    parts = json_schema()["$defs"]
    own = {"KubeletPart", "SecretPart", "RangePart", "SizeRangePart"}
    own |= {"DurationRangePart"}
    bare = [
        f"{name}.{key}"
        for name, part in parts.items()
        if name not in own
        for key, field in part.get("properties", {}).items()
        if "description" not in field and "$ref" not in str(field)
    ]

    assert bare == []
