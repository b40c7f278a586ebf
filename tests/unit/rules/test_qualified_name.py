"""Keys of annotations."""

import pytest

from sim.rules.qualified_name import qualified_name_errors


@pytest.mark.parametrize("text", ["simple", "now-with-dashes/simple", "1.2.3.4/5678"])
def test_well_formed_keys_have_no_errors(text: str) -> None:
    """With or without a prefix."""
    assert list(qualified_name_errors(text)) == []


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("a/b/c", ["one '/' at most"]),
        ("/simple", ["prefix part must be non-empty"]),
        ("Bad/simple", ["lowercase RFC 1123"]),
        (f"{'a' * 254}/simple", ["no more than 253"]),
        ("", ["name part must be non-empty", "name part must consist"]),
        ("a" * 64, ["no more than 63"]),
        ("dash-", ["name part must consist"]),
    ],
)
def test_malformed_keys_say_what_is_wrong(text: str, errors: list[str]) -> None:
    """Each fault has its text."""
    found = list(qualified_name_errors(text))

    assert len(found) == len(errors)
    assert all(part in whole for part, whole in zip(errors, found, strict=True))
