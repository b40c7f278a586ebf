// Why: the chain of causes of whatever was clicked, in the words of `sim explain`.

import { button, el, fill, name } from "./dom.js";
import { data, row, set, state, t, variant } from "./store.js";
import { exactDuration, formatTime } from "./units.js";

// The rows from this one back to an outside act; those that say nothing new are left out.
export function chain(number) {
  const rows = [];
  for (let next = number; next !== -1; next = rows.at(-1).next) rows.push(row(next));
  return rows.filter((one, n) => n === 0 || n === rows.length - 1 || !one.leftOut);
}

// The pod that had a name, or had it last, at a moment.
export function podAt(podName, timeUs) {
  const named = variant().pods.filter((pod) => pod.name === podName);
  return named.filter((pod) => pod.createdUs <= timeUs).at(-1) ?? null;
}

// What a container did last; a status that comes one sync late does not count.
export function containerStates(pod, timeUs) {
  const last = pod.containers.map(() => null);
  for (const one of pod.states) {
    if (one.timeUs > timeUs) break;
    if (one.container < 0) continue;
    const late = one.does === "waits" && last[one.container]?.does === "runs";
    if (!late) last[one.container] = one;
  }
  return last;
}

// Paragraphs, each a sentence and the row that its chain starts from (or -1).
export function podParagraphs(pod, timeUs) {
  const past = (number) => number !== -1 && row(number).timeUs <= timeUs;
  const bound = pod.scheduledUs <= timeUs;
  const said = [[bound ? pod.bound_title : pod.free_title, -1]];
  containerStates(pod, timeUs).forEach((one, n) => {
    if (one === null) {
      said.push([t("explain_container_new", { container: pod.containers[n] }), -1]);
      return;
    }
    said.push([one.text, one.row]);
    if (one.again !== undefined) said.push([one.again_text, one.again]);
  });
  const failed = pod.failed.filter(past);
  if (failed.length && !bound) said.push([t("explain_unscheduled"), failed.at(-1)]);
  if (past(pod.gone)) said.push([pod.gone_text, pod.gone]);
  said.push([t("explain_pod_exists"), pod.created]);
  return said;
}

export function explainPod(podName, timeUs) {
  const pod = podAt(podName, timeUs);
  const shown = variant().pods.find((one) => one.name === podName).shown;
  return pod === null
    ? [[t("not_yet", { pod: shown, time: formatTime(timeUs) }), -1]]
    : podParagraphs(pod, timeUs);
}

function step(one) {
  const jump = () => set({ time: one.timeUs, row: one.number, pod: null });
  const parts = [el("span", { class: "when" }, one.time), name(one.text, { class: "said" })];
  if (one.outside) parts.push(el("span", { class: "outside" }, t("outside")));
  return el("li", {}, button(parts, jump, { class: "step", "data-row": one.number }));
}

function paragraph([text, number]) {
  const head = el("p", { class: "said-head" }, name(text));
  if (number === -1) return [head];
  return [head, el("ol", { class: "chain" }, chain(number).map(step))];
}

export class Why {
  constructor() {
    this.body = el("div", { class: "why-body", tabindex: 0, role: "region", "aria-label": t("why") });
    this.element = el(
      "aside",
      { class: "why", "aria-label": t("why_title") },
      el(
        "div",
        { class: "why-head" },
        el("h2", {}, t("why_title")),
        button("×", () => set({ pod: null, row: null }), { class: "close", "aria-label": t("close") }),
      ),
      this.body,
    );
  }

  update() {
    const asked = state.row !== null || state.pod !== null;
    this.element.classList.toggle("empty", !asked);
    if (state.row !== null) fill(this.body, this.ofRow(state.row));
    else if (state.pod !== null) fill(this.body, this.ofPod(state.pod));
    else fill(this.body, el("p", { class: "hint" }, t("why_hint")));
  }

  ofPod(podName) {
    const pod = variant().pods.find((one) => one.name === podName);
    const said = explainPod(podName, state.time);
    const at = `--at ${exactDuration(state.time)} --variant '${variant().name.replaceAll("'", "'\\''")}'`;
    return [
      el("p", { class: "as-of" }, t("as_of", { time: formatTime(state.time) })),
      ...said.flatMap(paragraph),
      el("p", { class: "hint" }, t("same_as")),
      el("code", { class: "command" }, `python -m sim explain RUN pod/${pod.shown} ${at}`),
    ];
  }

  ofRow(number) {
    const one = row(number);
    const parts = [...paragraph([t("this_happened", { time: one.time }), number])];
    const known = variant().pods.find((pod) => pod.name === one.pod);
    if (known) {
      const ask = () => set({ row: null, pod: one.pod, time: one.timeUs });
      parts.push(button(t("about_pod", { pod: known.shown }), ask, { class: "link" }));
    }
    return parts;
  }
}

// Whom to ask about first: who waits for an image at the end, else who started last.
export function firstPod() {
  const one = variant();
  const trouble = one.waiting.find((wait) => wait[3] === one.until_us && data.reasons[wait[5]] && /Image/.test(wait[5]));
  const started = one.service.filter((bar) => bar[3] === one.until_us).at(-1);
  return (trouble ?? started ?? one.service.at(-1))?.[0] ?? one.pods[0]?.name ?? null;
}
