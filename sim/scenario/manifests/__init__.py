"""Kubernetes objects, verbatim, and where they are read from."""
