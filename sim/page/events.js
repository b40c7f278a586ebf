// Events as `kubectl get events -A --sort-by=.lastTimestamp` shows them at the cursor.

import { button, el, fill, name } from "./dom.js";
import { set, state, t, variant } from "./store.js";
import { HOUR, kubectlAge, SECOND } from "./units.js";

const LATEST = 200; // shown at first: a table of thousands would hold back the cursor
const COLUMNS = ["NAMESPACE", "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"];

// The API keeps an Event until an hour after its last write; a later write replaces it.
export function eventsAt(timeUs) {
  const kept = new Map();
  for (const write of variant().events) {
    if (write[0] > timeUs) break;
    kept.set(write[1], write);
  }
  return [...kept.values()]
    .filter((write) => timeUs - write[2] * SECOND < HOUR)
    .sort((a, b) => a[2] - b[2]);
}

function age(write, timeUs) {
  return kubectlAge(Math.trunc((timeUs - write[2] * SECOND) / SECOND));
}

function eventRow([, , , namespace, type, reason, about, message, row]) {
  const ask = button(name(message), () => set({ row, pod: null }), { class: "link message" });
  const cells = [namespace, "", type, reason, about].map((text) => el("td", {}, name(text)));
  return el("tr", { class: type === "Warning" ? "warns" : null }, cells, el("td", {}, ask));
}

export class Events {
  constructor() {
    this.rows = el("tbody", {});
    this.elements = new WeakMap();
    this.whole = false;
    this.earlier = button("", () => { this.whole = true; this.update(); }, { class: "link" });
    const head = el("tr", {}, COLUMNS.map((text) => el("th", { scope: "col" }, text)));
    const caption = el("caption", { class: "unseen" }, t("events"));
    this.scroll = el(
      "div",
      { class: "scroll events-scroll", tabindex: 0, role: "region", "aria-label": t("events") },
      el("table", { class: "events" }, caption, el("thead", {}, head), this.rows),
    );
    this.element = el(
      "section",
      { class: "view", id: "events" },
      el("h2", {}, t("events")),
      el("p", { class: "hint" }, t("events_hint")),
      this.earlier,
      this.scroll,
    );
  }

  update() {
    const all = eventsAt(state.time);
    const from = this.whole ? 0 : Math.max(0, all.length - LATEST);
    const listed = all.slice(from).map((write) => this.made(write));
    this.earlier.hidden = !from;
    this.earlier.textContent = t("earlier_events", { count: from });
    const known = this.rows.children;
    if (listed.length !== known.length || listed.some((one, n) => one !== known[n])) fill(this.rows, listed);
    this.scroll.scrollTop = this.scroll.scrollHeight; // the latest are last
  }

  // The row of a write, made once; only its age changes.
  made(write) {
    if (!this.elements.has(write)) this.elements.set(write, eventRow(write));
    const element = this.elements.get(write);
    const now = age(write, state.time);
    if (element.cells[1].textContent !== now) element.cells[1].textContent = now;
    return element;
  }
}
