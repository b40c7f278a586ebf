// Around the pictures: the question, the answer, the legend, and how the run was made.

import { button, el, fill, name } from "./dom.js";
import { buildChip, reasonFill, swatch } from "./patterns.js";
import { data, set, state, t, variant } from "./store.js";
import { comparison } from "./variants.js";

const ASSUMPTIONS = ["assumption_times", "assumption_api", "assumption_network"];

export class Head {
  constructor() {
    this.answer = el("div", { class: "answer", id: "answer" });
    this.ask = button("", () => set({ answer: !state.answer }), {
      class: "primary", "aria-controls": "answer",
    });
    const group = el(
      "fieldset",
      { class: "choice" },
      el("legend", {}, t("variant")),
      data.variants.map((one, n) => this.radio(one.name, n)),
    );
    this.element = el(
      "header",
      {},
      el("h1", {}, name(data.title)),
      data.question ? el("p", { class: "question" }, name(data.question)) : null,
      el("div", { class: "asking" }, this.ask, data.variants.length > 1 ? group : null),
      this.answer,
    );
  }

  radio(label, n) {
    const box = el("input", { type: "radio", name: "variant", value: n, onchange: () => set({ variant: n }) });
    return el("label", {}, box, " ", name(label));
  }

  update() {
    for (const box of this.element.querySelectorAll("input[name=variant]")) box.checked = Number(box.value) === state.variant;
    this.ask.textContent = t(state.answer ? "hide_answer" : "show_answer");
    this.ask.setAttribute("aria-expanded", String(state.answer));
    this.answer.hidden = !state.answer;
    fill(this.answer, state.answer ? answerParts() : []);
  }
}

export function answerParts() {
  const one = variant();
  const title = data.variants.length > 1 ? t("answer_of", { variant: one.name }) : t("answer");
  const parts = [el("h2", {}, name(title)), el("ul", { class: "answer-lines" }, one.answer.map((line) => el("li", {}, name(line))))];
  if (data.variants.length > 1) parts.push(comparison());
  if (one.expectations.length) parts.push(expectations(one.expectations));
  return parts;
}

function expectations(listed) {
  const items = listed.map((one) => {
    const word = t(one.holds ? "terminal_holds" : "terminal_fails");
    const found = one.holds ? [] : [" — ", name(t("terminal_found", { found: one.found }))];
    return el("li", { class: one.holds ? "holds" : "fails" }, el("strong", {}, `${one.holds ? "✓" : "✗"} ${word}`), " ", name(one.text), found);
  });
  return el("details", {}, el("summary", {}, t("expectations", { count: listed.length })), el("ul", {}, items));
}

export class Legend {
  constructor() {
    this.list = el("ul", { class: "legend" });
    this.element = el("section", { class: "legend-box", "aria-label": t("legend") }, el("h2", {}, t("legend")), this.list);
  }

  update() {
    const one = variant();
    const used = new Set([...one.service.map((bar) => bar[5]), ...one.node_images.map((bar) => bar[5]), ...one.builds_in_service.map((s) => s[1])]);
    const builds = [...used].sort((a, b) => a - b).map((number) => {
      const { image, short, digest } = data.builds[number];
      return el("li", {}, buildChip(number), el("span", { class: "hint", title: digest }, ` ${image} ${short}`));
    });
    const reasons = [...new Set(one.waiting.map((wait) => wait[5]))].map((reason) =>
      el("li", {}, swatch(reasonFill(reason)), " ", reason, el("span", { class: "hint" }, ` ${t("is_waiting")}`)),
    );
    fill(this.list, builds, reasons);
  }
}

export class About {
  constructor() {
    this.notes = el("div", {});
    const versions = Object.entries(data.versions).map(([library, version]) => `${library} ${version}`).join(", ");
    const facts = [
      ["repeat", el("code", { class: "command" }, data.command)],
      ["seed", String(data.seed)],
      ["scenario", `${data.scenario} (sha256 ${data.sha256.slice(0, 16)}…)`],
      ["versions", versions],
    ];
    this.element = el(
      "section",
      { class: "about", "aria-label": t("about") },
      el("h2", {}, t("about")),
      this.notes,
      el("h3", {}, t("assumptions")),
      el("ul", {}, ASSUMPTIONS.map((id) => el("li", {}, t(id)))),
      el("dl", {}, facts.flatMap(([id, value]) => [el("dt", {}, t(id)), el("dd", {}, value)])),
    );
  }

  update() {
    const one = variant();
    const list = (id, lines) =>
      lines.length ? [el("h3", {}, t(id)), el("ul", {}, lines.map((line) => el("li", {}, name(line))))] : [];
    fill(this.notes, [
      el("p", {}, t("kubernetes", { version: one.kubernetes })),
      ...list("defaulted", one.defaulted),
      ...list("warnings", one.warnings),
    ]);
  }
}

// What a page of a large run does not show.
export function thinnedNote() {
  const parts = Object.entries(variant().thinned).map(([what, [part, all]]) => t(`thinned_${what}`, { part, all }));
  return parts.length ? el("p", { class: "note", role: "note" }, t("thinned", { parts: parts.join(", ") })) : null;
}
