// The hand-out that is printed: question, empty timeline, and the answer on the last page.

import { el, fill, name, svg } from "./dom.js";
import { answerParts } from "./facts.js";
import { axis, marks, Scale } from "./scale.js";
import { data, t, variant } from "./store.js";
import { bandPanel, stacked } from "./bands.js";

const WIDTH = 680;
const LANE = 26;
const MAX_LANES = 14;

export class Handout {
  constructor() {
    this.element = el("div", { class: "handout", "aria-hidden": "true" });
  }

  // Made when somebody prints, so that it shows the variant of the moment.
  make() {
    const one = variant();
    fill(
      this.element,
      el("section", {}, el("h1", {}, name(data.title)), el("p", { class: "question" }, name(data.question)), el("p", {}, t("draw")), empty(one), acts(one)),
      el("section", { class: "last" }, answerParts(), solved(one)),
    );
    for (const details of this.element.querySelectorAll("details")) details.remove();
  }
}

function empty(one) {
  const scale = new Scale(WIDTH);
  const names = [...new Map(one.pods.map((pod) => [pod.name, pod.shown])).values()].slice(0, MAX_LANES);
  const bottom = 44 + names.length * LANE;
  const lines = names.map((shown, n) => [
    svg("line", { class: "grid", x1: 0, x2: WIDTH, y1: 44 + (n + 1) * LANE, y2: 44 + (n + 1) * LANE }),
    svg("text", { class: "lane", x: 2, y: 44 + n * LANE + 17 }, shown.length > 24 ? `…${shown.slice(-23)}` : shown),
  ]);
  return svg("svg", { width: WIDTH, height: bottom + 24 }, axis(scale, 40, bottom), lines, marks(scale, one, 40, bottom, true));
}

function acts(one) {
  return el("ul", {}, one.marks.map(([number]) => el("li", {}, `${one.rows[number][1]}: `, name(one.rows[number][2]))));
}

function solved(one) {
  const scale = new Scale(WIDTH);
  const picture = svg("svg", { width: WIDTH, height: 160 }, axis(scale, 36, 134));
  bandPanel(picture, scale, stacked(one.builds_in_service, one.until_us), 40, 94, () => {});
  return picture;
}
