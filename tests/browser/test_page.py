"""The page in a real browser: from disk, by keyboard, for everybody, with any name."""

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import SCENARIOS, html_of, run_of
from tests.browser.steps import emulate, opened, press, resize, settle, text

Pages = Callable[..., Path]
MINUTE = 60_000_000
RIGHT, LEFT, HOME, END, SPACE, TAB, DOWN, ENTER = (
    "\ue014",
    "\ue012",
    "\ue011",
    "\ue010",
    " ",
    "\ue004",
    "\ue015",
    "\ue007",
)

pytestmark = pytest.mark.browser


def test_it_opens_from_disk_and_asks_nobody(browser: Any, pages: Pages) -> None:
    """Only the file itself is read: no outside request, no error on the console."""
    page = pages("tag_mutation")
    opened(browser, page, time=10 * MINUTE)
    press(browser, RIGHT, SPACE, SPACE, "a", "d", "p")

    log = [json.loads(one["message"]) for one in browser.get_log("performance")]
    sent = [
        one["message"]["params"]["request"]["url"]
        for one in log
        if one["message"]["method"] == "Network.requestWillBeSent"
    ]
    assert {url.partition("#")[0] for url in sent} <= {page.as_uri(), "about:blank"}
    assert page.as_uri() in {url.partition("#")[0] for url in sent}


def test_it_is_drawn_within_a_second(browser: Any, pages: Pages) -> None:
    """From opening to the last view."""
    ended = "return performance.getEntriesByType('navigation')[0].loadEventEnd"
    views = "return document.querySelectorAll('main svg').length"

    took, drawn = [], []
    for _ in range(3):  # the best counts: others may keep the machine busy
        opened(browser, pages("pull_backoff"))
        took.append(browser.execute_script(ended))
        drawn.append(browser.execute_script(views))

    assert min(drawn) >= 5
    assert min(took) < 1_000


def test_one_cursor_moves_all_views(browser: Any, pages: Pages) -> None:
    """Every picture shows the same moment; the pods and events are of that moment."""
    opened(browser, pages("tag_mutation"), time=9 * MINUTE)
    places = (
        "return [...document.querySelectorAll('.cursor')]"
        ".map((one) => one.getAttribute('x1'))"
    )

    before = browser.execute_script(places)
    pods = text(browser, ".workloads").split()
    browser.execute_script(
        "const bar = document.querySelector('.slider'); bar.value = 1.44e9;"
        "bar.dispatchEvent(new Event('input'));"
    )
    settle(browser)
    after = browser.execute_script(places)

    assert len(before) >= 5
    assert len(set(before)) == len(set(after)) == 1
    assert before[0] != after[0]
    assert pods == ["deployment/web", "6", "×", "v1"]
    now = text(browser, ".workloads").split()
    assert now == ["deployment/web", "5", "×", "v1", "4", "×", "v2"]
    assert "7hq27" in text(browser, ".pods tbody")


def test_the_arrows_step_from_event_to_event_and_say_so(
    browser: Any, pages: Pages
) -> None:
    """The time goes to the next event; a polite live region tells what it was."""
    opened(browser, pages("tag_mutation"), time=4 * MINUTE)

    press(browser, RIGHT)
    told = text(browser, ".live")
    now = text(browser, ".now")
    press(browser, RIGHT, LEFT)

    assert now == text(browser, ".now") == "5m"
    assert told.startswith("5m: registry.example:5000/shop/web:stable was pushed")
    live = browser.find_element("css selector", ".live")
    assert live.get_attribute("aria-live") == "polite"
    slider = browser.find_element("css selector", ".slider")
    assert slider.get_attribute("aria-valuetext") == "5m"


def test_play_runs_and_pauses_and_keeps_the_speed(browser: Any, pages: Pages) -> None:
    """Space plays; space again stops, and time stands still."""
    opened(browser, pages("tag_mutation"), time=0)
    position = "return document.querySelector('.slider').valueAsNumber"

    began = time.monotonic()
    press(browser, "+", SPACE)
    browser.execute_async_script("setTimeout(arguments[0], 300)")
    press(browser, SPACE)
    took_us = (time.monotonic() - began) * 1_000_000
    stopped = browser.execute_script(position)
    browser.execute_async_script("setTimeout(arguments[0], 120)")

    assert browser.execute_script(position) == stopped
    assert 60 * 300_000 < stopped < 300 * took_us  # faster than the 60 of before


def test_a_link_shows_a_moment(browser: Any, pages: Pages) -> None:
    """Variant, time, what is asked about and the answer stand in the fragment."""
    page = pages("tag_mutation")
    opened(browser, page, variant="Always", time=1_600_000_000, answer=1)
    browser.find_element("css selector", ".pods tbody button").click()
    browser.execute_async_script("setTimeout(arguments[0], 250)")

    link = browser.current_url
    opened(browser, page)
    browser.get(link)
    browser.refresh()

    assert "variant=Always" in link
    assert "pod=default" in link
    assert text(browser, ".now") == "26m 40s"
    assert "deployment/web: 4" in text(browser, "#answer")
    assert text(browser, ".why-body .said-head").startswith("pod web-")


def test_a_link_followed_just_after_a_change_is_not_lost(
    browser: Any, pages: Pages
) -> None:
    """The page writes its URL a moment late; never over one that it has not read."""
    opened(browser, pages("tag_mutation"), time=5 * MINUTE)
    settle(browser)

    # A browser has the new fragment before it tells of it; here, long before.
    browser.execute_async_script(
        "document.querySelector('.pods tbody button').click();"
        "history.replaceState(null, '', '#time=600000000');"
        "setTimeout(arguments[0], 400);"
    )
    followed = browser.current_url
    browser.execute_script("dispatchEvent(new HashChangeEvent('hashchange'))")

    assert followed.endswith("#time=600000000")
    assert text(browser, ".now") == "10m"


def test_the_answer_waits_until_it_is_asked_for(browser: Any, pages: Pages) -> None:
    """Neither the lines nor the figures are there before; a key shows them."""
    opened(browser, pages("tag_mutation"))
    hidden = browser.find_element("css selector", "#answer")

    before = hidden.is_displayed(), hidden.get_attribute("textContent")
    press(browser, "a")

    assert before == (False, "")
    assert "5 pods run v1, 4 pods run v2" in text(browser, "#answer")
    assert browser.execute_script(
        "return document.querySelectorAll('.compare .other').length"
    )
    opened(browser, pages("tag_mutation", show_answer=True))
    assert "5 pods run v1, 4 pods run v2" in text(browser, "#answer")


def test_what_comes_later_can_be_covered(browser: Any, pages: Pages) -> None:
    """Predict first: time goes back to the start, and the pictures hide the rest."""
    opened(browser, pages("tag_mutation"))

    press(browser, "c")
    settle(browser)

    assert text(browser, ".now") == "0s"
    width = browser.execute_script(
        "return document.querySelector('.cover').getBoundingClientRect().width"
    )
    assert width > 300


def test_everything_is_reached_by_keyboard_with_a_visible_focus(
    browser: Any, pages: Pages
) -> None:
    """Tab passes every button, picture and table, and each shows where the focus is."""
    opened(browser, pages("hello"), answer=1)
    wanted = browser.execute_script(
        "return [...document.querySelectorAll('#app button, #app summary, #app select,"
        '#app [tabindex="0"], #app input:not([type=radio])\')]'
        ".filter((one) => one.checkVisibility()).length"
    )

    reached, unseen = set(), []
    for _ in range(wanted + 3):
        press(browser, TAB)
        place, outline = browser.execute_script(
            "const one = document.activeElement;"
            "const all = [...document.querySelectorAll('*')];"
            "return [all.indexOf(one), one === document.body ? 'solid' :"
            "getComputedStyle(one).outlineStyle]"
        )
        reached.add(place)
        if outline == "none":
            unseen.append(place)

    assert len(reached) >= wanted
    assert unseen == []


def test_a_picture_is_walked_by_arrows_and_asked_by_enter(
    browser: Any, pages: Pages
) -> None:
    """Down goes from bar to bar and says what it is; Enter asks why."""
    opened(browser, pages("tag_mutation"), time=0)
    browser.execute_script("document.querySelector('#pods svg').focus()")

    press(browser, DOWN, DOWN)
    told = text(browser, ".live")
    press(browser, ENTER)

    assert "v1" in told
    assert text(browser, ".why-body .said-head").startswith("pod web-")


def test_every_step_of_a_chain_can_be_followed(browser: Any, pages: Pages) -> None:
    """A click on a cause goes to its time and shows what stands behind it."""
    opened(browser, pages("tag_mutation"), time=30 * MINUTE)
    browser.find_elements("css selector", ".pods tbody button")[-1].click()
    steps = browser.find_elements("css selector", ".why-body .step")
    pushed = next(one for one in steps if "pushed" in one.text)

    pushed.click()

    assert text(browser, ".now") in ("0s", "5m")
    assert text(browser, ".why-body .step").endswith("from outside")


def test_a_click_on_a_bar_asks_about_its_pod_at_that_time(
    browser: Any, pages: Pages
) -> None:
    """Bars of pods, of nodes and bands of builds all answer."""
    opened(browser, pages("pull_backoff"), time=0)
    click = (
        "const bar = document.querySelector(arguments[0]);"
        "const box = bar.getBoundingClientRect();"
        "bar.dispatchEvent(new MouseEvent('click', {bubbles: true,"
        "clientX: box.x + box.width / 2, clientY: box.y + 3}));"
    )

    said = []
    for view in ("#pods", "#images", "#service", "#traffic"):
        browser.execute_script(click, f"{view} .bar rect, {view} .bar path")
        said.append(text(browser, ".why-body"))

    assert "pod web-" in said[0]
    assert "came to mean v2.1" in said[1]
    assert "runs the build v2.1" in said[2]
    assert "HEAD manifest 404" in said[3]


def test_a_digest_looks_the_same_in_every_view(browser: Any, pages: Pages) -> None:
    """One name has one pattern, in bands, bars, nodes and the legend."""
    opened(browser, pages("tag_mutation"))

    fills = browser.execute_script(
        "const found = {};"
        "for (const bar of document.querySelectorAll('#pods .bar, #images .bar,"
        "#service .bar, #variants .bar')) {"
        "  const name = bar.querySelector('title').textContent.split(/[:=] /).at(-1);"
        "  (found[name] ??= {})[bar.querySelector('[fill]').getAttribute('fill')] = 1;"
        "} return found"
    )

    looks = {name: list(fill) for name, fill in fills.items()}
    assert looks["v1"] == ["url(#build-0)"]
    assert looks["v2"] == ["url(#build-1)"]


def test_every_picture_has_its_table(browser: Any, pages: Pages) -> None:
    """Opened, each has rows."""
    opened(browser, pages("pull_backoff"))

    rows = browser.execute_async_script(
        "for (const one of document.querySelectorAll('.behind')) one.open = true;"
        "setTimeout(() => arguments[0]([...document.querySelectorAll('.behind')]"
        ".map((one) => one.querySelectorAll('tbody tr').length)), 60)"
    )

    assert len(rows) == 4
    assert min(rows) > 0


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "ko")])
def test_it_passes_automated_checks_of_accessibility(
    browser: Any, pages: Pages, scheme: str, language: str
) -> None:
    """axe-core finds nothing, contrast of AA included, with everything opened."""
    from axe_core_python.selenium import Axe  # noqa: PLC0415 - may not be there

    emulate(browser, prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    opened(browser, pages("credential_gap", language), time=18 * MINUTE, answer=1)
    browser.find_element("css selector", ".pods tbody button").click()
    browser.execute_script(
        "for (const one of document.querySelectorAll('details')) one.open = true"
    )

    found = Axe().run(browser, options={"resultTypes": ["violations"]})

    told = [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]]
    assert told == []
    assert browser.execute_script(
        "return getComputedStyle(document.querySelector('button')).transitionDuration"
    ) in ("0s", "")


def test_the_korean_page_is_korean(browser: Any, pages: Pages) -> None:
    """No text of the English page is left on it."""
    root = Path(__file__).parents[2] / "sim" / "page" / "texts"
    english = json.loads((root / "en.json").read_text(encoding="utf-8"))
    korean = json.loads((root / "ko.json").read_text(encoding="utf-8"))
    opened(browser, pages("tag_mutation", "ko"), answer=1)

    shown = browser.execute_script("return document.getElementById('app').innerText")

    assert browser.execute_script("return document.documentElement.lang") == "ko"
    left = [
        words
        for key, words in english.items()
        if words != korean[key] and "{" not in words
        if " " in words and words in shown
    ]
    assert left == []
    assert korean["show_answer"] not in shown
    assert korean["hide_answer"] in shown


def test_it_fits_a_phone_in_portrait(browser: Any, pages: Pages) -> None:
    """Nothing is wider than the screen; asking opens a panel that can be closed."""
    resize(browser, 390, 844)
    opened(browser, pages("pull_backoff"))
    panel = browser.find_element("css selector", ".why")

    wide = browser.execute_script("return document.documentElement.scrollWidth")
    before = panel.is_displayed()
    browser.find_element("css selector", ".pods tbody button").click()

    assert wide <= 390
    assert not before
    assert panel.is_displayed()
    browser.find_element("css selector", ".close").click()
    assert not panel.is_displayed()


def test_a_projector_gets_larger_letters(browser: Any, pages: Pages) -> None:
    """And the choice stands in the link."""
    opened(browser, pages("hello"))
    size = "return parseFloat(getComputedStyle(document.body).fontSize)"

    before = browser.execute_script(size)
    press(browser, "p")

    assert browser.execute_script(size) >= before * 1.3


def test_it_prints_a_hand_out_with_the_answer_on_the_last_page(
    browser: Any, pages: Pages
) -> None:
    """Question and an empty timeline first; what happened is on a page of its own."""
    opened(browser, pages("tag_mutation"))

    pdf = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {})["data"])
    emulate(browser, media="print")
    shown = browser.execute_script(
        "const [first, last] = document.querySelectorAll('.handout > section');"
        "const bars = first.querySelectorAll('.bar').length;"
        "return [first.innerText, last.innerText, bars,"
        "document.querySelector('.timebar').checkVisibility()]"
    )

    assert pdf.count(b"/Type /Page\n") == 2
    question, answer, bars, controls = shown
    assert "Which build does each pod run?" in question
    assert "5 pods run v1" not in question
    assert "5 pods run v1" in answer
    assert bars == 0
    assert not controls


def test_a_large_run_says_that_it_is_thinned(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many pods are shown of how many stands above the views."""
    monkeypatch.setattr("sim.page.thinning.MAX_PODS", 2)
    page = tmp_path / "thin.html"
    page.write_text(html_of(run_of(SCENARIOS / "hello.yaml")), encoding="utf-8")

    opened(browser, page)

    assert "2 of 3 pods" in text(browser, ".note")


HOSTILE = '</script><img src=x onerror="hacked=1">\'"&amp;\u202egnp.exe\U0001f419'


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario whose title, question, builds and variants are hostile."""
    name = json.dumps(HOSTILE, ensure_ascii=False)
    path = tmp_path_factory.mktemp("hostile") / "hostile.yaml"
    path.write_text(
        f"""\
title: {name}
question: {name}
until: 10m
images:
  - name: registry.example/shop/web
    builds:
      {name}: {{layers: {{base: 10MB}}}}
    tags: {{stable: {name}}}
nodes: [{{name: worker, count: 2}}]
objects:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {{name: web}}
    spec:
      replicas: 2
      selector: {{matchLabels: {{app: web}}}}
      template:
        metadata: {{labels: {{app: web}}}}
        spec: {{containers: [{{name: web, image: "registry.example/shop/web:stable"}}]}}
variants:
  {name}: {{}}
  {json.dumps("{{SCRIPT}}" + HOSTILE, ensure_ascii=False)}: {{imagePullPolicy: Always}}
""",
        encoding="utf-8",
    )
    return path


def test_names_never_break_out(browser: Any, pages: Pages, hostile: Path) -> None:
    """HTML, quotes, turned text and emoji stay text, everywhere."""
    opened(browser, pages(hostile), answer=1)
    browser.find_element("css selector", ".pods tbody button").click()

    assert run_of(hostile).file.title == HOSTILE
    made = browser.execute_script(
        "return [typeof hacked, document.querySelectorAll('img, b').length,"
        "document.scripts.length, document.querySelector('h1').textContent]"
    )
    assert made == ["undefined", 0, 2, HOSTILE.replace("\u202e", "\\u202e")]
    shown = text(browser, "main")
    assert "onerror" in shown
    assert "\u202e" not in shown
