// Rows of bars over time: what each pod did, what each node holds.

import { announce } from "./cursor.js";
import { el, fill, name, svg, tableBehind } from "./dom.js";
import { buildFill, reasonFill } from "./patterns.js";
import { axis, Cursor, marks, Scale } from "./scale.js";
import { build, set, state, t, variant } from "./store.js";
import { formatTime } from "./units.js";

const BAR = 13;
const TOP = 36;
const FOOT = 22;

// A view has a heading, a picture that one tab stop reaches, and a table behind it.
export class View {
  constructor(id) {
    this.id = id;
    this.heading = el("h2", { id: `${id}-title` }, t(id));
    this.hint = el("p", { class: "hint" }, t(`${id}_hint`));
    this.picture = el("div", { class: "picture" });
    this.behind = el("div", {});
    this.element = el(
      "section",
      { class: "view", id, "aria-labelledby": `${id}-title` },
      this.heading, this.hint, this.picture, this.behind,
    );
    this.cursors = [];
  }

  move() {
    for (const cursor of this.cursors) cursor.move();
  }

  // Drag moves the cursor; a click on an item asks why; arrows walk over the items.
  live(picture, scale, items) {
    let dragged = false;
    let down = false;
    const at = (event) => scale.time(event.clientX - picture.getBoundingClientRect().left);
    picture.addEventListener("pointerdown", () => { down = true; dragged = false; });
    picture.addEventListener("pointermove", (event) => {
      if (!down || !(event.buttons & 1)) return;
      dragged = true;
      set({ time: Math.min(at(event), variant().until_us) });
    });
    picture.addEventListener("click", (event) => {
      down = false;
      if (dragged) return;
      const time = Math.min(at(event), variant().until_us);
      const item = items.find((one) => one.element === event.target.closest("[data-item]"));
      if (item) item.select(Math.min(Math.max(time, item.start), item.end));
      else set({ time });
    });
    const ring = svg("rect", { class: "ring", width: 0, height: 0 });
    picture.append(ring);
    let place = -1;
    picture.addEventListener("keydown", (event) => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (by && items.length) {
        place = Math.min(items.length - 1, Math.max(0, place + by));
        const box = items[place].element.getBBox();
        for (const key of ["x", "y", "width", "height"]) ring.setAttribute(key, box[key]);
        announce(`${items[place].label}, ${formatTime(items[place].start)} – ${formatTime(items[place].end)}`);
      } else if (event.key === "Enter" && place >= 0) items[place].select(items[place].start);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }
}

// lanes: [{label, rows}], items: [{lane, line, start, end, fill, label, select}]
export function drawLanes(view, lanes, items) {
  const scale = new Scale(view.picture.clientWidth || 900);
  const above = scale.narrow ? 15 : 0;
  let y = TOP;
  const tops = lanes.map((lane) => {
    const top = y;
    y += above + lane.rows * BAR + 5;
    return top;
  });
  const bottom = y;
  const picture = svg("svg", {
    width: scale.width, height: bottom + FOOT, tabindex: 0, role: "group",
    "aria-label": `${t(view.id)}. ${t("arrows")}`,
  });
  picture.append(axis(scale, TOP - 4, bottom));
  lanes.forEach((lane, n) => {
    const middle = tops[n] + (lane.rows * BAR) / 2 + 4;
    const place = scale.narrow ? { x: 2, y: tops[n] + 11 } : { x: scale.left - 8, y: middle, "text-anchor": "end" };
    picture.append(svg("text", { class: lane.chosen ? "lane chosen" : "lane", ...place }, fitted(lane.label, scale)));
  });
  for (const item of items) {
    const x = scale.x(item.start);
    const width = Math.max(2, scale.x(item.end) - x);
    const top = tops[item.lane] + above + item.line * BAR;
    item.element = svg(
      "g",
      { "data-item": true, class: "bar" },
      svg("title", {}, item.label),
      svg("rect", { x, y: top, width, height: BAR - 1, fill: item.fill, class: "edge" }),
    );
    if (width > item.short.length * 6.6 + 14) item.element.append(chipLabel(x + 4, top, item.short));
    picture.append(item.element);
  }
  picture.append(marks(scale, variant(), TOP - 4, bottom, true));
  const cursor = new Cursor(scale, TOP - 4, bottom);
  picture.append(cursor.group);
  view.cursors = [cursor];
  fill(view.picture, picture);
  view.live(picture, scale, items);
}

export function chipLabel(x, top, text) {
  return svg(
    "g",
    { "aria-hidden": "true" },
    svg("rect", { class: "label-back", x: x - 2, y: top + 1, width: text.length * 6.4 + 5, height: BAR - 3, rx: 2 }),
    svg("text", { class: "label", x, y: top + BAR - 4 }, text),
  );
}

function fitted(text, scale) {
  const letter = state.size === "large" ? 9.4 : 7.2;
  const most = Math.floor((scale.narrow ? scale.width : scale.left - 8) / letter);
  return text.length > most ? `…${text.slice(1 - most)}` : text;
}

export class PodLanes extends View {
  constructor() {
    super("pods");
  }

  draw() {
    const one = variant();
    const names = [...new Set(one.pods.map((pod) => pod.name))];
    const places = new Map(names.map((podName, n) => [podName, n]));
    const containers = new Map(one.pods.map((pod) => [pod.name, pod.containers]));
    const lanes = names.map((podName) => {
      const mine = one.pods.filter((pod) => pod.name === podName);
      const nodes = [...new Set(mine.map((pod) => pod.node).filter(Boolean))].join(", ");
      return {
        label: `${mine[0].shown} · ${nodes || "–"}`,
        rows: Math.max(1, containers.get(podName).length),
        chosen: state.pod === podName,
      };
    });
    const bar = ([pod, container, start, end, row], fillName, label) => ({
      lane: places.get(pod), line: Math.max(0, containers.get(pod).indexOf(container)),
      start, end, fill: fillName, short: label, label: `${shownName(pod)}: ${label}`, row,
      pod, container, select: (time) => set({ time, pod, row: null }),
    });
    const items = [
      ...one.waiting.map((wait) => bar(wait, reasonFill(wait[5]), wait[5])),
      ...one.service.map((run) => bar(run, buildFill(run[5]), build(run[5]).name)),
    ].sort((a, b) => a.lane - b.lane || a.start - b.start);
    drawLanes(this, lanes, items);
    const columns = ["col_pod", "col_container", "col_does", "col_from", "col_until"].map((id) => t(id));
    fill(this.behind, tableBehind(t("table_of", { of: t("pods") }), columns, () =>
      items.map((item) => [
        name(shownName(item.pod)), name(item.container), name(item.short), formatTime(item.start), formatTime(item.end),
      ]),
    ));
  }
}

export class NodeLanes extends View {
  constructor() {
    super("images");
  }

  draw() {
    const one = variant();
    const tagged = one.node_images.filter((bar) => !bar[1].includes("@"));
    const bars = tagged.length ? tagged : one.node_images;
    const order = new Map(one.nodes.map((node, n) => [node, n]));
    const keys = [...new Set(bars.map((bar) => JSON.stringify([bar[0], bar[1]])))]
      .map((key) => JSON.parse(key))
      .sort((a, b) => order.get(a[0]) - order.get(b[0]) || (a[1] < b[1] ? -1 : 1));
    const several = new Set(keys.map((key) => key[1])).size > 1;
    const places = new Map(keys.map((key, n) => [key.join(" "), n]));
    const lanes = keys.map(([node, image]) => ({
      label: several ? `${node} · ${shortImage(image)}` : node, rows: 1, chosen: false,
    }));
    const items = bars.map(([node, image, start, end, row, number]) => ({
      lane: places.get(`${node} ${image}`), line: 0, start, end, fill: buildFill(number),
      short: build(number).name, label: `${node}: ${image} = ${build(number).name}`, row, node, image,
      select: (time) => set({ time, row, pod: null }),
    })).sort((a, b) => a.lane - b.lane || a.start - b.start);
    this.hint.textContent = several || !keys.length ? t("images_hint") : t("images_of", { image: keys[0][1] });
    drawLanes(this, lanes, items);
    const columns = ["col_node", "col_image", "col_means", "col_from", "col_until"].map((id) => t(id));
    fill(this.behind, tableBehind(t("table_of", { of: t("images") }), columns, () =>
      items.map((item) => [
        name(item.node), name(item.image), name(item.short), formatTime(item.start), formatTime(item.end),
      ]),
    ));
  }
}

// The namespace `default` goes unsaid.
function shownName(pod) {
  return pod.replace(/^default\//, "");
}

function shortImage(image) {
  const [path, digest] = image.split("@");
  const last = path.slice(path.lastIndexOf("/") + 1);
  return digest ? `${last}@${digest.slice(0, 14)}…` : last;
}
