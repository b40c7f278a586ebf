// Events as `kubectl get events -A --sort-by=.lastTimestamp` shows them at the cursor.

import { button, el, fill, name } from "./dom.js";
import { set, state, t, variant } from "./store.js";
import { HOUR, kubectlAge, SECOND } from "./units.js";

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
    .sort((a, b) => a[2] - b[2])
    .map(([, , last, namespace, type, reason, about, message, row]) => ({
      cells: [namespace, kubectlAge(Math.trunc((timeUs - last * SECOND) / SECOND)), type, reason, about, message],
      warns: type === "Warning",
      row,
    }));
}

export class Events {
  constructor() {
    this.rows = el("tbody", {});
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
      this.scroll,
    );
  }

  update() {
    const listed = eventsAt(state.time).map(({ cells, warns, row }) => {
      const [first, ...rest] = cells;
      const message = rest.pop();
      const ask = button(name(message), () => set({ row, pod: null }), { class: "link message" });
      return el("tr", { class: warns ? "warns" : null }, [first, ...rest].map((text) => el("td", {}, name(text))), el("td", {}, ask));
    });
    fill(this.rows, listed);
    this.scroll.scrollTop = this.scroll.scrollHeight; // the latest are last
  }
}
