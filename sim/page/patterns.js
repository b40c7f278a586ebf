// Colour and pattern of builds and of reasons for waiting, as in the charts.

import { svg } from "./dom.js";
import { build, data } from "./store.js";

const STROKES = {
  "": [],
  "///": ["M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4"],
  "\\\\\\": ["M-2,6 l4,4 M0,0 l8,8 M6,-2 l4,4"],
  "\\\\": ["M-2,6 l4,4 M0,0 l8,8 M6,-2 l4,4"],
  xx: ["M0,8 l8,-8 M0,0 l8,8"],
  "---": ["M0,4 h8"],
  "||": ["M4,0 v8"],
  "++": ["M0,4 h8 M4,0 v8"],
  "...": ["M2,2 h2 M6,6 h2"],
  "..": ["M2,2 h2 M6,6 h2"],
  oo: ["M2,4 a2,2 0 1,0 4,0 a2,2 0 1,0 -4,0"],
};

function pattern(id, colour, hatch, ink) {
  const strokes = (STROKES[hatch] ?? []).map((d) =>
    svg("path", { d, fill: "none", stroke: ink, "stroke-width": hatch.includes(".") ? 2 : 1.4 }),
  );
  return svg(
    "pattern",
    { id, width: 8, height: 8, patternUnits: "userSpaceOnUse" },
    svg("rect", { width: 8, height: 8, fill: colour }),
    strokes,
  );
}

const reasons = Object.keys(data.reasons);

// One element holds all patterns; every view refers to it.
export function patterns() {
  const builds = data.builds.map((one, n) => pattern(`build-${n}`, one.colour, one.hatch, "#fff"));
  const waits = reasons.map((reason, n) => pattern(`reason-${n}`, ...data.reasons[reason], "#fff"));
  const size = { width: 0, height: 0, class: "defs", "aria-hidden": "true" };
  return svg("svg", size, svg("defs", {}, builds, waits));
}

export function buildFill(number) {
  return `url(#build-${number})`;
}

export function reasonFill(reason) {
  return `url(#reason-${reasons.indexOf(reason)})`;
}

export function swatch(fillName) {
  return svg(
    "svg",
    { class: "swatch", width: 26, height: 14, "aria-hidden": "true" },
    svg("rect", { x: 0.5, y: 0.5, width: 25, height: 13, rx: 2, fill: fillName, class: "edge" }),
  );
}

export function buildChip(number) {
  return [swatch(buildFill(number)), " ", build(number).name];
}
