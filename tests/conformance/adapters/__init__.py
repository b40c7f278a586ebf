"""Adapters: from a recorded case's words to calls of our rules and classes."""

from tests.conformance.adapters import (
    admission,
    credential_plugins,
    credential_vectors,
    credentials,
    daemon_sets,
    ensure_image,
    events,
    image_gc,
    image_locality,
    image_manager,
    kubelet_rules,
    printing,
    pull_records,
    reference_vectors,
    references,
    rollouts,
    stateful_sets,
    timeline,
)
from tests.conformance.harness import Adapter

ADAPTERS: dict[str, Adapter] = {
    **admission.ADAPTERS,
    **credential_plugins.ADAPTERS,
    **credential_vectors.ADAPTERS,
    **credentials.ADAPTERS,
    **daemon_sets.ADAPTERS,
    **ensure_image.ADAPTERS,
    **events.ADAPTERS,
    **image_gc.ADAPTERS,
    **image_locality.ADAPTERS,
    **image_manager.ADAPTERS,
    **kubelet_rules.ADAPTERS,
    **printing.ADAPTERS,
    **pull_records.ADAPTERS,
    **reference_vectors.ADAPTERS,
    **references.ADAPTERS,
    **rollouts.ADAPTERS,
    **stateful_sets.ADAPTERS,
    **timeline.ADAPTERS,
}
