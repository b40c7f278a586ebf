"""Other projects' files lie beside this one, where somebody has put them.

They are never part of the project: without them these tests skip, unless
``PULLSIM_SHARED=required`` says that they must be there.
"""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[3] / "shared"


def shared(name: str) -> Path:
    """Return a folder of published files, or skip the tests that need it."""
    folder = SHARED / name
    if not folder.is_dir():
        message = f"published {name} are not beside the project"
        if os.environ.get("PULLSIM_SHARED") == "required":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def manifests() -> Path:
    """The folder of published manifests."""
    return shared("manifests")


@pytest.fixture(scope="session")
def snapshots() -> Path:
    """The folder of published cluster states."""
    return shared("snapshots")
