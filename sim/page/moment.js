// What runs at the cursor: a line for each workload, a row for each pod.

import { button, el, fill, name } from "./dom.js";
import { buildChip, reasonFill, swatch } from "./patterns.js";
import { build, data, row, set, state, t, variant } from "./store.js";
import { formatTime } from "./units.js";
import { chain, containerStates } from "./why.js";

const NOT_YET = ["ContainerCreating", "PodInitializing"];

// What a pod does at a moment, by its container that has most to tell; null = not there.
export function podState(pod, timeUs) {
  if (pod.createdUs > timeUs || pod.goneUs <= timeUs) return null;
  const states = containerStates(pod, timeUs).filter((one) => one !== null);
  const waits = states.filter((one) => one.does === "waits");
  const told =
    waits.find((one) => !NOT_YET.includes(one.reason)) ??
    waits[0] ?? states.find((one) => one.does === "ended") ?? states[0];
  if (told) return { pod, states, told, row: told.row };
  const failed = pod.failed.filter((number) => row(number).timeUs <= timeUs);
  return { pod, states, told: null, row: failed.at(-1) ?? pod.created };
}

// What a pod does, as keys: `b` and a build, `r` and a reason, or a text's id.
function doing(now) {
  if (!now.told) return ["no_container"];
  if (now.told.does === "ended") return ["ended"];
  if (now.told.does === "waits") return [`r${now.told.reason}`];
  return [...new Set(now.states.filter((one) => one.does === "runs").map((one) => `b${one.build}`))];
}

function inShort(key) {
  if (key.startsWith("b")) return build(Number(key.slice(1))).name;
  return key.startsWith("r") ? key.slice(1) : t(key);
}

function chip(key) {
  if (key.startsWith("b")) return buildChip(Number(key.slice(1)));
  const reason = key.startsWith("r") && data.reasons[key.slice(1)] ? [swatch(reasonFill(key.slice(1))), " "] : [];
  return [...reason, inShort(key)];
}

// Counts by what pods do, workload by workload, in order of appearance.
export function counts(timeUs) {
  const found = new Map(variant().owners.map(([owner]) => [owner, new Map()]));
  for (const pod of variant().pods) {
    const now = podState(pod, timeUs);
    if (!now) continue;
    const kinds = found.get(pod.owner);
    for (const key of doing(now)) kinds.set(key, (kinds.get(key) ?? 0) + 1);
  }
  return found;
}

export function inWords(timeUs) {
  const parts = [...counts(timeUs)].map(([owner, kinds]) => {
    const shown = variant().owners.find((one) => one[0] === owner)[1];
    const told = [...kinds].map(([key, pods]) => `${pods} × ${inShort(key)}`);
    return `${shown}: ${told.join(", ") || t("nothing")}`;
  });
  return `${formatTime(timeUs)}: ${parts.join("; ")}`;
}

export class Moment {
  constructor() {
    this.title = el("h2", {});
    this.workloads = el("ul", { class: "workloads" });
    this.rows = el("tbody", {});
    const columns = ["col_pod", "col_node", "col_runs", "col_since", "col_because"];
    const head = el("tr", {}, columns.map((id) => el("th", { scope: "col" }, t(id))));
    const pods = el("table", { class: "pods" }, el("caption", { class: "unseen" }, t("pods_now")), el("thead", {}, head), this.rows);
    const scroll = { class: "scroll pods-scroll", tabindex: 0, role: "region", "aria-label": t("pods_now") };
    this.element = el("section", { class: "moment" }, this.title, this.workloads, el("div", scroll, pods));
    this.made = new Map();
  }

  reset() {
    this.made.clear();
    fill(this.rows);
  }

  update() {
    const part = variant().thinned.pods;
    const time = formatTime(state.time);
    this.title.textContent = part ? t("at_time_part", { time, part: part[0] }) : t("at_time", { time });
    fill(this.workloads, [...counts(state.time)].map(([owner, kinds]) => this.workload(owner, kinds)));
    const wanted = [];
    for (const pod of variant().pods) {
      const now = podState(pod, state.time);
      if (now) wanted.push(this.podRow(now));
    }
    const same = wanted.length === this.rows.children.length && wanted.every((one, n) => one === this.rows.children[n]);
    if (!same) fill(this.rows, wanted);
  }

  workload(owner, kinds) {
    const shown = variant().owners.find((one) => one[0] === owner)[1];
    const parts = [...kinds].map(([key, pods]) => [el("span", { class: "count" }, `${pods} × `, chip(key)), " "]);
    return el("li", {}, name(shown, { class: "owner" }), " ", parts.length ? parts : t("nothing"));
  }

  podRow(now) {
    const { pod } = now;
    const known = this.made.get(pod.created);
    const chosen = state.pod === pod.name && state.row === null;
    const key = `${now.row} ${now.states.map((one) => one.row)} ${chosen}`;
    if (known?.key === key) return known.element;
    const path = chain(now.row);
    const end = path.at(-1);
    // What went wrong tells most; of several, the one nearest to the cause.
    const telling = path.filter((one) => one.fault).at(-1) ?? (path.length > 2 ? path[1] : null);
    const how = telling ? [el("div", { class: telling.fault ? "fault" : null, title: telling.text }, name(telling.text))] : [];
    const origin = el("div", { title: end.text }, "← ", el("span", { class: "when" }, end.time), name(end.text));
    const bound = pod.scheduledUs <= state.time;
    const chips = doing(now).map((key) => [el("span", { class: "chip" }, chip(key)), " "]);
    const element = el(
      "tr",
      { class: chosen ? "chosen" : null },
      el("td", {}, button(name(pod.shown), () => set({ pod: pod.name, row: null }), {
        class: "link", "aria-label": t("why_pod", { pod: pod.shown }), "aria-pressed": String(chosen),
      })),
      el("td", {}, name(bound ? pod.node : "–")),
      el("td", {}, chips),
      el("td", { class: "number" }, row(now.row).time),
      el("td", { class: "because" }, how, origin),
    );
    this.made.set(pod.created, { key, element });
    return element;
  }
}
