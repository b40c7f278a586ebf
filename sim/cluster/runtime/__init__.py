"""One node's container runtime: images, pulls, sandboxes, containers."""
