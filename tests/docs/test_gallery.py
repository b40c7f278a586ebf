"""The gallery shows every scenario, as it runs now."""

from pathlib import Path

import pytest
from PIL import Image

from tests.docs import gallery

PATHS = gallery.scenarios()
MOST_BYTES = 1_500_000


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_picture_shows_what_the_scenario_does(path: Path) -> None:
    """Renew with: python -m tests.docs.renew."""
    expected = {
        "scenario": gallery.fingerprint(path),
        **gallery.facts(*gallery.shown(path)),
    }

    assert gallery.known()[path.stem] == expected


def test_there_is_a_picture_for_each_scenario_and_no_other() -> None:
    """All are pictures, and together they are small."""
    pictures = sorted(gallery.FOLDER.glob("*.png"))

    assert pictures == [gallery.picture(path) for path in PATHS]
    assert list(gallery.known()) == [path.stem for path in PATHS]
    for file in pictures:
        with Image.open(file) as image:
            assert image.width > 1000
    assert sum(file.stat().st_size for file in pictures) < MOST_BYTES


def test_the_page_is_current_and_names_each_command() -> None:
    """Question, picture and command of each scenario."""
    text = gallery.PAGE.read_text(encoding="utf-8")

    assert text == gallery.page()
    for path in PATHS:
        assert f"python -m sim scenarios/{path.name}" in text
