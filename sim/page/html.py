"""The page as one file: skeleton, style, script and data, and a policy that binds it.

The script is written as ES modules in this folder. A page opens from disk, where no
module may load another, so they are joined into one: each becomes a block of its own,
and what it exports a constant that those after it use.
"""

import json
import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
# In this order every module comes after those that it imports from.
MODULES = (
    "units",
    "dom",
    "store",
    "scale",
    "patterns",
    "why",
    "cursor",
    "moment",
    "lanes",
    "bands",
    "traffic",
    "events",
    "variants",
    "facts",
    "handout",
    "keys",
    "main",
)
IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?:function|class|const) (\w+)", re.MULTILINE)


def render(document: dict[str, Any]) -> str:
    """Return the HTML of a page."""
    script, style = page_script(), _read("page.css")
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; "
        f"style-src '{_digest(style)}'; base-uri 'none'; form-action 'none'"
    )
    parts = {
        "LANGUAGE": escape(document["language"]),
        "POLICY": policy,
        "TITLE": escape(document["title"]),
        "NOSCRIPT": escape(document["texts"]["noscript"]),
        "STYLE": style,
        "DATA": json_in_html(document),
        "SCRIPT": script,
    }
    # One pass: what a part holds is never taken for a place to fill.
    return re.sub(r"\{\{([A-Z]+)\}\}", lambda m: parts[m[1]], _read("page.html"))


@cache
def page_script() -> str:
    """Return all modules as one."""
    return "\n".join(scoped(_read(f"{name}.js")) for name in MODULES)


def scoped(source: str) -> str:
    """Return a module as a block that keeps to itself all but what it exports."""
    names = ", ".join(EXPORT.findall(source))
    body = re.sub(r"^export ", "", IMPORT.sub("", source), flags=re.MULTILINE)
    start = f"const {{ {names} }} = (() => {{" if names else "(() => {"
    end = f"return {{ {names} }};\n" if names else ""
    return f"{start}\n{body}{end}}})();\n"


def json_in_html(value: object) -> str:
    """Return JSON that no HTML parser leaves before its end tag."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
