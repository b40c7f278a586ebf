// The time axis that all views share: the same left and right edge, the same ticks.

import { svg } from "./dom.js";
import { data, state } from "./store.js";
import { formatMoment, MINUTE, SECOND } from "./units.js";

export const RIGHT = 14;
const STEPS = [
  SECOND, 5 * SECOND, 15 * SECOND, 30 * SECOND,
  ...[1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440].map((minutes) => minutes * MINUTE),
];

export class Scale {
  constructor(width) {
    this.width = width;
    this.narrow = width < 620;
    this.left = this.narrow ? 30 : Math.min(300, Math.round(width * 0.26));
    this.until = Math.max(...data.variants.map((one) => one.until_us));
    this.inner = width - this.left - RIGHT;
  }

  x(us) {
    return this.left + (us / this.until) * this.inner;
  }

  time(x) {
    const part = (x - this.left) / this.inner;
    return Math.round(Math.min(1, Math.max(0, part)) * this.until);
  }

  ticks() {
    const most = this.narrow ? 4 : 8;
    const step = STEPS.find((one) => this.until / one <= most) ?? this.until / most;
    const found = [];
    for (let us = 0; us <= this.until; us += step) found.push(us);
    return found;
  }
}

// Grid lines from top to bottom, and the times below.
export function axis(scale, top, bottom) {
  const parts = scale.ticks().map((us) => {
    const x = scale.x(us);
    const last = us > scale.until * 0.97;
    return svg(
      "g",
      {},
      svg("line", { class: "grid", x1: x, x2: x, y1: top, y2: bottom }),
      svg(
        "text",
        { class: "tick", x, y: bottom + 15, "text-anchor": last ? "end" : us ? "middle" : "start" },
        formatMoment(us),
      ),
    );
  });
  return svg("g", { "aria-hidden": "true" }, parts);
}

// What was done from outside: dotted lines, labelled where no label covers another.
export function marks(scale, one, top, bottom, labelled) {
  const free = [0, 0];
  const parts = one.marks.map(([number, label]) => {
    const x = scale.x(one.rows[number][0]);
    const width = 6.4 * label.length + 16;
    const right = x + width > scale.width;
    const start = right ? x - width : x;
    const line = free.findIndex((from) => start >= from);
    const group = svg("g", {}, svg("line", { class: "mark", x1: x, x2: x, y1: top, y2: bottom }));
    if (labelled && line >= 0) {
      free[line] = start + width;
      const place = { class: "marked", x, y: top - 5 - 13 * line, "text-anchor": right ? "end" : "start" };
      group.append(svg("text", place, right ? `${label} ▾` : `▾ ${label}`));
    }
    return group;
  });
  return svg("g", { "aria-hidden": "true" }, parts);
}

// The cursor of a view, and the cover over what comes after it.
export class Cursor {
  constructor(scale, top, bottom) {
    this.scale = scale;
    this.line = svg("line", { class: "cursor", y1: top, y2: bottom });
    this.cover = svg("rect", { class: "cover", y: top, height: Math.max(0, bottom - top) });
    this.group = svg("g", { "aria-hidden": "true" }, this.cover, this.line);
    this.move();
  }

  move() {
    const x = this.scale.x(state.time);
    this.line.setAttribute("x1", x);
    this.line.setAttribute("x2", x);
    this.cover.setAttribute("x", x + 1);
    this.cover.setAttribute("width", state.cover ? Math.max(0, this.scale.width - x) : 0);
  }
}
