"""A headless Chromium for the page of a run, and pages of all shipped scenarios.

Without a browser these tests skip, unless ``PULLSIM_BROWSER=required`` says that one
must be there.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from sim.page.variant import Variant
from sim.run_page import page_of
from sim.runner import Run, facts_of, run_file
from sim.scenario.loader import load_scenario
from tests.perf.cases import small_sets

SCENARIOS = Path(__file__).parents[2] / "scenarios"
PATIENCE_S = 240  # a question takes milliseconds; one script asks them all
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-ipc-flooding-protection",  # a test changes the fragment often
    "--window-size=1400,1000",
)


@cache
def run_of(path: Path) -> Run:
    """The run of a scenario, made once; of a large one, smaller."""
    return run_file(load_scenario(path, sets=small_sets(path.stem)))


def html_of(run: Run, language: str = "en", *, show_answer: bool = False) -> str:
    variants = [
        Variant(name=v.name, log=v.log, meta=v.meta, tables=v.tables)
        for v in run.variants
    ]
    return page_of(facts_of(run), variants, language, show_answer=show_answer)


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write the page of a shipped scenario, or of another file, and return its path."""
    folder = tmp_path_factory.mktemp("pages")

    @cache
    def page(scenario: str | Path, language: str = "en", **options: bool) -> Path:
        path = SCENARIOS / f"{scenario}.yaml" if isinstance(scenario, str) else scenario
        made = folder / f"{path.stem}.{language}{len(options)}.html"
        made.write_text(html_of(run_of(path), language, **options), encoding="utf-8")
        return made

    return page


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One browser for all tests."""
    tools = [shutil.which("chromium"), shutil.which("chromedriver")]
    if None in tools or find_spec("selenium") is None:
        message = "chromium, chromedriver and selenium are needed to drive the page"
        if os.environ.get("PULLSIM_BROWSER") == "required":
            pytest.fail(message)
        pytest.skip(message)
    from selenium import webdriver  # noqa: PLC0415 - only where it is installed
    from selenium.webdriver.chrome.service import Service  # noqa: PLC0415

    options = webdriver.ChromeOptions()
    options.binary_location = str(tools[0])
    profile = tmp_path_factory.mktemp("chromium")
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    logs = {"browser": "ALL", "performance": "ALL"}
    options.set_capability("goog:loggingPrefs", logs)
    driver = webdriver.Chrome(options=options, service=Service(str(tools[1])))
    driver.set_script_timeout(PATIENCE_S)
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium: Any) -> Iterator[Any]:
    """The browser; a test that leaves an error on the console fails."""
    chromium.get("about:blank")
    chromium.get_log("browser")
    chromium.get_log("performance")
    yield chromium
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    chromium.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"media": "", "features": []}
    )
    assert [entry["message"] for entry in chromium.get_log("browser")] == []
