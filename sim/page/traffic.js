// What the registries had to do: requests and bytes, added up over time.

import { button, fill, name, svg, tableBehind } from "./dom.js";
import { View } from "./lanes.js";
import { axis, Cursor, marks, Scale } from "./scale.js";
import { set, state, t, variant } from "./store.js";
import { formatSize, formatTime } from "./units.js";

const TOP = 36;
const HEIGHT = 110;

export class Traffic extends View {
  constructor() {
    super("traffic");
  }

  draw() {
    const one = variant();
    const scale = new Scale(this.picture.clientWidth || 900);
    const bottom = TOP + HEIGHT;
    const last = one.requests.at(-1) ?? [0, 0, 0, 0];
    const picture = svg("svg", {
      width: scale.width, height: bottom + 22, tabindex: 0, role: "group", "aria-label": `${t("traffic")}. ${t("arrows")}`,
    });
    picture.append(axis(scale, TOP - 4, bottom));
    const path = (column) => {
      const y = (value) => bottom - (value / Math.max(1, last[column])) * HEIGHT;
      let d = `M${scale.x(0)},${bottom}`;
      for (const request of one.requests) d += ` H${scale.x(request[0])} V${y(request[column])}`;
      return `${d} H${scale.x(one.until_us)}`;
    };
    picture.append(
      svg("path", { class: "bytes", d: `${path(2)} V${bottom} Z` }),
      svg("path", { class: "requests", d: path(1) }),
    );
    const scales = [[formatSize(last[2]), 18], [t("requests_axis", { count: last[1] }), 4]];
    for (const [label, below] of scales) {
      const place = { x: scale.narrow ? 2 : scale.left - 6, y: TOP + below, "text-anchor": scale.narrow ? "start" : "end" };
      picture.append(svg("text", { class: "tick", ...place }, label));
    }
    const failed = one.requests.filter((request, n) => request[3] > (one.requests[n - 1]?.[3] ?? 0));
    const items = failed.map((request) => {
      const x = scale.x(request[0]);
      const element = svg(
        "g",
        { "data-item": true, class: "bar failed" },
        svg("title", {}, request[8]),
        svg("path", { d: `M${x - 4},${bottom - 10} l8,8 m0,-8 l-8,8` }),
        svg("rect", { x: x - 5, y: bottom - 12, width: 10, height: 12, fill: "transparent" }),
      );
      picture.append(element);
      const label = `${request[8]}, ${request[6]}`;
      return { element, label, start: request[0], end: request[0], select: (time) => set({ time, row: request[4], pod: null }) };
    });
    picture.append(marks(scale, one, TOP - 4, bottom, true));
    const cursor = new Cursor(scale, TOP - 4, bottom);
    picture.append(cursor.group);
    this.cursors = [cursor];
    fill(this.picture, picture);
    this.live(picture, scale, items);
    const columns = ["col_time", "col_registry", "col_node", "col_request", "col_why"].map((id) => t(id));
    fill(this.behind, tableBehind(t("table_of", { of: t("traffic") }), columns, () =>
      one.requests.map(([time, , , , row, registry, node, image, what]) => [
        formatTime(time), name(registry), name(node), name(`${what} ${image}`),
        button(t("why"), () => set({ time, row, pod: null }), { class: "link" }),
      ]),
    ));
    this.move();
  }

  move() {
    super.move();
    const past = variant().requests.filter((request) => request[0] <= state.time).at(-1) ?? [0, 0, 0, 0];
    const values = { time: formatTime(state.time), requests: past[1], bytes: formatSize(past[2]), failed: past[3] };
    this.hint.textContent = t("traffic_hint", values);
  }
}
