// Pods that run each build over time, stacked: one picture a workload.

import { el, fill, name, svg, tableBehind } from "./dom.js";
import { chipLabel, View } from "./lanes.js";
import { buildFill } from "./patterns.js";
import { axis, Cursor, marks, Scale } from "./scale.js";
import { build, set, t, variant } from "./store.js";
import { formatTime } from "./units.js";

const TOP = 36;
const HEIGHT = 96;
const MAX_OWNERS = 24;

// Builds stacked over time: [{number, spans: [{start, end, base, top}]}], and the tallest.
export function stacked(steps, until) {
  const numbers = [...new Set(steps.map((step) => step[1]))];
  const times = [...new Set([0, ...steps.map((step) => step[2]), until])].sort((a, b) => a - b);
  const layers = numbers.map((number) => ({ number, spans: [] }));
  const running = new Map();
  const byTime = Map.groupBy ? Map.groupBy(steps, (step) => step[2]) : grouped(steps);
  let tallest = 0;
  for (let n = 0; n + 1 < times.length; n += 1) {
    for (const [owner, number, , pods] of byTime.get(times[n]) ?? []) running.set(`${number} ${owner}`, [number, pods]);
    let base = 0;
    for (const layer of layers) {
      let pods = 0;
      for (const [number, count] of running.values()) if (number === layer.number) pods += count;
      layer.spans.push({ start: times[n], end: times[n + 1], base, top: base + pods });
      base += pods;
    }
    tallest = Math.max(tallest, base);
  }
  return { layers, tallest };
}

function grouped(steps) {
  const found = new Map();
  for (const step of steps) found.set(step[2], [...(found.get(step[2]) ?? []), step]);
  return found;
}

// One panel of stacked bands; returns the items that can be clicked.
export function bandPanel(picture, scale, { layers, tallest }, top, height, select) {
  const y = (pods) => top + height - (pods / Math.max(1, tallest)) * height;
  for (const pods of new Set([0, Math.floor(tallest / 2), tallest])) {
    picture.append(
      svg("line", { class: "grid", x1: scale.left, x2: scale.x(scale.until), y1: y(pods), y2: y(pods) }),
      svg("text", { class: "tick", x: scale.left - 6, y: y(pods) + 4, "text-anchor": "end" }, String(pods)),
    );
  }
  return layers.map(({ number, spans }) => {
    const upper = spans.map((one) => `L${scale.x(one.start)},${y(one.top)} L${scale.x(one.end)},${y(one.top)}`);
    const lower = [...spans].reverse().map((one) => `L${scale.x(one.end)},${y(one.base)} L${scale.x(one.start)},${y(one.base)}`);
    const path = `M${scale.x(0)},${y(spans[0].base)} ${upper.join(" ")} ${lower.join(" ")} Z`;
    const element = svg(
      "g",
      { "data-item": true, class: "bar" },
      svg("title", {}, build(number).name),
      svg("path", { d: path, fill: buildFill(number), class: "edge" }),
    );
    const label = widest(spans, scale, y);
    if (label) element.append(chipLabel(label.x, label.y, build(number).name));
    picture.append(element);
    const there = spans.filter((one) => one.top > one.base);
    return {
      element, label: build(number).name, start: there[0]?.start ?? 0, end: there.at(-1)?.end ?? 0,
      select: (time) => select(number, time),
    };
  });
}

// Where a band is wide and high enough to bear its name.
function widest(spans, scale, y) {
  const high = spans.filter((one) => y(one.base) - y(one.top) >= 14);
  const wide = high.map((one) => [scale.x(one.end) - scale.x(one.start), one]).sort((a, b) => b[0] - a[0])[0];
  if (!wide || wide[0] < 40) return null;
  const one = wide[1];
  return { x: scale.x(one.start) + 6, y: (y(one.base) + y(one.top)) / 2 - 6 };
}

export function podRunning(number, owners, time) {
  const one = variant();
  const mine = new Set(one.pods.filter((pod) => owners.includes(pod.owner)).map((pod) => pod.name));
  const runs = one.service.filter((bar) => bar[5] === number && mine.has(bar[0]));
  return (runs.find((bar) => bar[2] <= time && time <= bar[3]) ?? runs[0])?.[0] ?? null;
}

export class Bands extends View {
  constructor() {
    super("service");
  }

  draw() {
    const one = variant();
    const owners = one.owners.filter(([owner]) => one.builds_in_service.some((step) => step[0] === owner));
    this.cursors = [];
    const panels = owners.slice(0, MAX_OWNERS).map(([owner, shown]) => this.panel(owner, shown));
    const more = owners.length - panels.length;
    const rest = more > 0 ? [el("p", { class: "hint" }, t("more_workloads", { count: more }))] : [];
    fill(this.picture, panels.length ? [...panels, ...rest] : el("p", { class: "hint" }, t("nothing_ran")));
    const columns = ["col_workload", "col_time", "col_build", "col_pods"].map((id) => t(id));
    fill(this.behind, tableBehind(t("table_of", { of: t("service") }), columns, () =>
      one.builds_in_service.map(([owner, number, time, pods]) => [
        name(one.owners.find((known) => known[0] === owner)[1]), formatTime(time), name(build(number).name), String(pods),
      ]),
    ));
  }

  panel(owner, shown) {
    const one = variant();
    const scale = new Scale(this.picture.clientWidth || 900);
    const bottom = TOP + HEIGHT;
    const picture = svg("svg", {
      width: scale.width, height: bottom + 22, tabindex: 0, role: "group",
      "aria-label": `${t("service")}: ${shown}. ${t("arrows")}`,
    });
    picture.append(axis(scale, TOP - 4, bottom));
    const steps = one.builds_in_service.filter((step) => step[0] === owner);
    const select = (number, time) => set({ time, pod: podRunning(number, [owner], time), row: null });
    const items = bandPanel(picture, scale, stacked(steps, one.until_us), TOP, HEIGHT, select);
    picture.append(marks(scale, one, TOP - 4, bottom, true));
    const cursor = new Cursor(scale, TOP - 4, bottom);
    this.cursors.push(cursor);
    picture.append(cursor.group);
    this.live(picture, scale, items);
    return el("figure", {}, el("figcaption", {}, name(shown), ` — ${t("pods_axis")}`), picture);
  }
}
