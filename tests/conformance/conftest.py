"""The command-line option that chooses which recorded cases run."""

from pathlib import Path

import pytest

from tests.conformance.harness import SHIPPED


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--cases DIR``: a folder laid out like the one that ships."""
    parser.addoption(
        "--cases",
        type=Path,
        default=SHIPPED,
        help="folder with vectors/*.yaml and golden/*.jsonl[.gz]",
    )
