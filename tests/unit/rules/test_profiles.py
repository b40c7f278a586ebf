"""Each release does what its profile says."""

import pytest

from sim.rules.profiles import PROFILES


@pytest.mark.parametrize(
    ("version", "repository"), [("1.35", "docker.io/library/nginx"), ("1.36", "nginx")]
)
def test_pull_records_name_repositories_by_release(
    version: str, repository: str
) -> None:
    """Up to v1.35 Docker Hub's host is added, then the name stays as written."""
    assert PROFILES[version].repository_of("nginx:1") == repository
