// The keyboard: every control has a key, and a dialogue that lists them.

import { button, el } from "./dom.js";
import { set, state, t } from "./store.js";
import { MINUTE, SECOND } from "./units.js";

const THEMES = ["auto", "light", "dark"];
const HELP = [
  ["Space", "play"], ["← →", "key_step"], [", .", "key_second"], ["PgUp PgDn", "key_minute"],
  ["Home End", "key_ends"], ["+ −", "speed"], ["a", "show_answer"], ["c", "cover"],
  ["1 … 9", "variant"], ["↑ ↓ Enter", "key_items"], ["d", "theme"], ["p", "projector"], ["Esc", "close"], ["?", "keys"],
];

export function turnTheme() {
  set({ theme: THEMES[(THEMES.indexOf(state.theme) + 1) % THEMES.length] });
}

export function turnSize() {
  set({ size: state.size === "large" ? "normal" : "large" });
}

export function helpDialog() {
  const rows = HELP.flatMap(([keys, id]) => [el("dt", {}, el("kbd", {}, keys)), el("dd", {}, t(id))]);
  const dialog = el("dialog", { "aria-label": t("keys") }, el("h2", {}, t("keys")), el("dl", { class: "keys" }, rows));
  dialog.append(button(t("close"), () => dialog.close(), { class: "primary" }));
  return dialog;
}

export function listenToKeys(bar, dialog, variants) {
  const acts = {
    " ": () => bar.turn(), k: () => bar.turn(),
    ArrowLeft: () => bar.step(-1), ArrowRight: () => bar.step(1),
    ",": () => bar.move(-SECOND), ".": () => bar.move(SECOND),
    PageUp: () => bar.move(-MINUTE), PageDown: () => bar.move(MINUTE),
    Home: () => bar.move(-Infinity), End: () => bar.move(Infinity),
    "+": () => bar.faster(1), "=": () => bar.faster(1), "-": () => bar.faster(-1),
    a: () => set({ answer: !state.answer }),
    c: () => set({ cover: !state.cover, ...(state.cover ? {} : { time: 0 }) }),
    d: turnTheme, p: turnSize,
    Escape: () => set({ pod: null, row: null }),
    "?": () => dialog.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    const on = event.target;
    const slides = on.type === "range";
    // Controls keep the keys that they know themselves.
    if (["SELECT", "TEXTAREA"].includes(on.tagName)) return;
    if (on.type === "radio" && event.key.startsWith("Arrow")) return;
    if ([" ", "Enter"].includes(event.key) && ["BUTTON", "INPUT", "SUMMARY"].includes(on.tagName) && !slides) return;
    const scrolls = on.closest?.(".scroll, .why-body");
    if (scrolls && /^(Page|Home|End)/.test(event.key)) return;
    const number = Number(event.key);
    const act = number >= 1 && number <= variants ? () => set({ variant: number - 1 }) : acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
