"""Bytes between registries and nodes."""
