"""Adapters: from a recorded case's words to calls of our rules and classes."""

from tests.conformance.adapters import (
    credentials,
    image_gc,
    image_manager,
    kubelet_rules,
    pull_records,
    reference_vectors,
    references,
    rollouts,
    timeline,
)
from tests.conformance.harness import Adapter

ADAPTERS: dict[str, Adapter] = {
    **credentials.ADAPTERS,
    **image_gc.ADAPTERS,
    **image_manager.ADAPTERS,
    **kubelet_rules.ADAPTERS,
    **pull_records.ADAPTERS,
    **reference_vectors.ADAPTERS,
    **references.ADAPTERS,
    **rollouts.ADAPTERS,
    **timeline.ADAPTERS,
}
