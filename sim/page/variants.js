// The same world with one thing changed: stacked on one axis, and side by side.

import { button, el, fill, name, svg } from "./dom.js";
import { bandPanel, podRunning, stacked } from "./bands.js";
import { View } from "./lanes.js";
import { axis, Cursor, marks, Scale } from "./scale.js";
import { data, set, state, t } from "./store.js";
import { formatTime } from "./units.js";

const HEIGHT = 70;
const GAP = 54;
const TOP = 40;

export class Variants extends View {
  constructor() {
    super("variants");
    this.heads = [];
  }

  draw() {
    const scale = new Scale(this.picture.clientWidth || 900);
    const count = data.variants.length;
    const bottom = TOP + count * HEIGHT + (count - 1) * GAP;
    const picture = svg("svg", {
      width: scale.width, height: bottom + 22, tabindex: 0, role: "group", "aria-label": `${t("variants")}. ${t("arrows")}`,
    });
    const panels = data.variants.map((one) => stacked(one.builds_in_service, one.until_us));
    const tallest = Math.max(...panels.map((panel) => panel.tallest));
    const items = panels.flatMap((panel, n) => {
      const one = data.variants[n];
      const top = TOP + n * (HEIGHT + GAP);
      const part = svg("g", {});
      picture.append(part);
      part.append(axis(scale, top - 4, top + HEIGHT));
      const heading = n === state.variant ? `${one.name} — ${t("shown_now")}` : one.name;
      part.append(svg("text", { class: "panel-name", x: 2, y: top - 22 - (n ? 0 : 4) }, heading));
      const select = (number, time) => {
        set({ variant: n, time: Math.min(time, one.until_us) });
        set({ pod: podRunning(number, one.owners.map((owner) => owner[0]), time), row: null });
      };
      const made = bandPanel(part, scale, { ...panel, tallest }, top, HEIGHT, select);
      part.append(marks(scale, one, top - 4, top + HEIGHT, false));
      if (one.differs_us !== null) part.append(difference(scale, one.differs_us, top));
      return made;
    });
    const cursor = new Cursor(scale, TOP - 4, bottom);
    picture.append(cursor.group);
    this.cursors = [cursor];
    fill(this.picture, picture);
    this.live(picture, scale, items);
    this.element.hidden = count < 2;
    const first = data.variants[0].name;
    const lines = data.variants.slice(1).map((one, n) => {
      if (one.differs_us === null) return el("li", {}, name(t("never_differs", { variant: one.name, first })));
      const jump = () => set({ variant: n + 1, time: Math.min(one.differs_us, one.until_us) });
      return el("li", {}, button(name(t("differs", { variant: one.name, first, time: formatTime(one.differs_us) })), jump, { class: "link" }));
    });
    fill(this.behind, el("ul", {}, lines));
  }
}

function difference(scale, timeUs, top) {
  const x = scale.x(timeUs);
  const right = x + 150 > scale.width;
  const place = { class: "differs-text", x: right ? x - 5 : x + 5, y: top - 8, "text-anchor": right ? "end" : "start" };
  return svg(
    "g",
    {},
    svg("line", { class: "differs", x1: x, x2: x, y1: top - 14, y2: top + HEIGHT }),
    svg("text", place, `≠ ${t("first_difference")}`),
  );
}

// Figures side by side; those that differ from the first variant's are marked.
export function comparison() {
  const { columns, rows } = data.compare;
  const head = el("tr", {}, el("td", {}), columns.map((text) => el("th", { scope: "col" }, name(text))));
  const body = rows.map(([label, ...values]) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, name(label)),
      values.map((value) => {
        const other = value !== values[0];
        const sign = other ? el("span", { class: "other-sign", title: t("other") }, "≠ ") : "";
        return el("td", { class: other ? "other" : null }, sign, name(value));
      }),
    ),
  );
  const caption = el("caption", {}, t("compare"));
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("compare") },
    el("table", { class: "compare" }, caption, el("thead", {}, head), el("tbody", {}, body)));
}
