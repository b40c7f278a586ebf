"""The file: self-contained, bound by its policy, light, and deaf to hostile names."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from sim.page import html
from sim.page.html import EXPORT, IMPORT, MODULES, json_in_html, page_script, render
from sim.page.texts import page_texts

FOLDER = Path(html.__file__).parent


def page(**changes: Any) -> str:
    texts = page_texts("en")
    return render({"language": "en", "title": "t", "texts": texts, **changes})


def test_the_policy_lets_in_nothing_but_the_pages_own_script_and_style() -> None:
    """Everything else is forbidden; script and style are named by their hashes."""
    made = page()
    script = re.search(r'<script type="module">(.*?)</script>', made, re.DOTALL)
    style = re.search(r"<style>(.*?)</style>", made, re.DOTALL)

    policy = re.search(r'Policy" content="([^"]*)"', made)

    assert script
    assert style
    assert policy
    hashes = [
        b64encode(sha256(part[1].encode()).digest()).decode()
        for part in (script, style)
    ]
    assert policy[1] == (
        f"default-src 'none'; script-src 'sha256-{hashes[0]}'; "
        f"style-src 'sha256-{hashes[1]}'; base-uri 'none'; form-action 'none'"
    )


def test_it_names_no_address_outside() -> None:
    """No link, font, picture or library from elsewhere; only the name of SVG."""
    assert set(re.findall(r"https?://[^\"' ]+", page())) == {
        "http://www.w3.org/2000/svg"
    }


def test_without_data_it_weighs_far_less_than_a_megabyte() -> None:
    """Script, style and texts."""
    assert len(page().encode()) < 150_000


@pytest.mark.parametrize(
    "text", ["</script>", "<!--", "]]>&amp;", "{{SCRIPT}}", "\u2028", "\U0001f419"]
)
def test_no_text_breaks_out_of_the_data(text: str) -> None:
    """What a parser of HTML would react to is spelled in JSON's own way."""
    made = page(title=text, question=text)

    data = re.search(r'id="data">(.*?)</script>', made, re.DOTALL)

    assert data
    assert json.loads(data[1])["question"] == text
    assert not set("<>&") & set(json_in_html(text))
    assert made.count("<script") == 2


def test_a_module_imports_only_what_an_earlier_one_exports() -> None:
    """So that the modules can be joined, in this order, without a loader."""
    known: dict[str, set[str]] = {}
    for module in MODULES:
        source = (FOLDER / f"{module}.js").read_text(encoding="utf-8")
        for names, other in IMPORT.findall(source):
            wanted = {name.strip() for name in names.split(",") if name.strip()}
            assert wanted <= known[other], f"{module} imports from {other}"
        assert source.count("import ") == len(IMPORT.findall(source))
        known[module] = set(EXPORT.findall(source))

    exported = [name for names in known.values() for name in names]
    assert len(exported) == len(set(exported))
    assert not re.search(r"^(import|export) ", page_script(), re.MULTILINE)


def test_every_module_of_the_folder_is_used() -> None:
    """No script lies about that no page has."""
    assert {path.stem for path in FOLDER.glob("*.js")} == set(MODULES)


def test_texts_become_text_nodes_only() -> None:
    """Nothing in the script writes markup."""
    banned = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\("
    assert not re.search(banned, page_script())
