"""What somebody does with a page, as the tests say it."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ASK = """
const [asked] = arguments;
return asked.map((words) => {
  history.replaceState(null, "", "#" + words);
  dispatchEvent(new HashChangeEvent("hashchange"));
  const lines = [];
  const panel = document.querySelector(".why-body");
  for (const node of panel.querySelectorAll(".said-head, .step")) {
    const parts = [...node.querySelectorAll(".when, .said")];
    const said = parts.map((one) => one.textContent);
    lines.push(said.length ? said.join(" ") : node.textContent);
  }
  return lines;
});
"""
EVENTS = """
const [asked] = arguments;
const frame = () => new Promise((done) => requestAnimationFrame(() => done()));
const done = arguments[arguments.length - 1];
(async () => {
  const found = [];
  for (const words of asked) {
    history.replaceState(null, "", "#" + words);
    dispatchEvent(new HashChangeEvent("hashchange"));
    await frame();
    await frame();
    const rows = document.querySelectorAll("#events tbody tr");
    found.push([...rows].map((row) => [...row.cells].map((cell) => cell.textContent)));
  }
  done(found);
})();
"""


def fragment(**words: object) -> str:
    """A fragment that names a variant, a moment and whom to ask about."""
    return urlencode(words)


def opened(browser: Any, page: Path, **words: object) -> Any:
    """The browser with a page opened from disk, at a moment if one is given."""
    browser.get("about:blank")
    browser.get(page.as_uri() + (f"#{fragment(**words)}" if words else ""))
    return browser


def press(browser: Any, *keys: str) -> None:
    """Press keys, one by one, wherever the focus is."""
    from selenium.webdriver import ActionChains  # noqa: PLC0415 - may not be there

    ActionChains(browser).send_keys(*keys).perform()


def text(browser: Any, selector: str) -> str:
    """The text of the first element that a selector finds."""
    found = browser.execute_script(
        "return document.querySelector(arguments[0]).innerText", selector
    )
    return str(found).strip()


def settle(browser: Any) -> None:
    """Wait until what was asked for is drawn."""
    browser.execute_async_script(
        "const done = arguments[0];"
        "requestAnimationFrame(() => requestAnimationFrame(() => done()));"
    )


def emulate(browser: Any, media: str = "", **features: str) -> None:
    """Tell the page another medium, or what its user prefers."""
    listed = [
        {"name": name.replace("_", "-"), "value": value}
        for name, value in features.items()
    ]
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"media": media, "features": listed}
    )


def resize(browser: Any, width: int, height: int) -> None:
    """Give the page a screen of another size."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
