"""Adapters: from a recorded case's words to calls of our rules and classes."""

from tests.conformance.adapters import (
    image_gc,
    image_manager,
    kubelet_rules,
    pull_records,
    rollouts,
    timeline,
)
from tests.conformance.harness import Adapter

ADAPTERS: dict[str, Adapter] = {
    **image_gc.ADAPTERS,
    **image_manager.ADAPTERS,
    **kubelet_rules.ADAPTERS,
    **pull_records.ADAPTERS,
    **rollouts.ADAPTERS,
    **timeline.ADAPTERS,
}
