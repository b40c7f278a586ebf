// The time cursor that moves all views: play, pause, step, speed, drag.

import { button, el } from "./dom.js";
import { row, set, state, t, variant } from "./store.js";
import { formatTime, SECOND } from "./units.js";

const SPEEDS = [1, 10, 60, 300];
const FRAME_MS = 1000 / 30;
const CALM_FRAME_MS = 1000; // for who prefers less motion

// For who hears the page: what just happened.
export function announce(text) {
  document.querySelector(".live").textContent = text;
}

export class TimeBar {
  constructor() {
    this.playing = 0;
    this.slider = el("input", {
      type: "range", min: 0, step: 1, "aria-label": t("time"), class: "slider",
      oninput: () => this.drag(),
      onchange: () => announce(this.summary()),
    });
    this.now = el("output", { class: "now" });
    this.toggle = button("▶", () => this.turn(), { class: "play" });
    this.speed = el(
      "select",
      { "aria-label": t("speed") },
      SPEEDS.map((one) => el("option", { value: one, selected: one === 60 }, `${one}×`)),
    );
    this.covering = el("input", {
      type: "checkbox", id: "cover",
      onchange: () => set({ cover: this.covering.checked, ...(this.covering.checked ? { time: 0 } : {}) }),
    });
    this.element = el(
      "section",
      { class: "timebar", "aria-label": t("time") },
      el(
        "div",
        { class: "controls" },
        button("|◀", () => this.step(-1), { "aria-label": t("previous"), title: t("previous") }),
        this.toggle,
        button("▶|", () => this.step(1), { "aria-label": t("next"), title: t("next") }),
        this.now,
        this.slider,
        this.speed,
        el("label", { class: "cover-label", title: t("cover_hint") }, this.covering, " ", t("cover")),
      ),
      el("div", { class: "live", role: "status", "aria-live": "polite" }),
    );
    this.summary = () => "";
  }

  update() {
    const until = variant().until_us;
    this.slider.max = until;
    this.slider.value = state.time;
    this.slider.setAttribute("aria-valuetext", formatTime(state.time));
    this.now.textContent = formatTime(state.time);
    this.covering.checked = state.cover;
    const label = t(this.playing ? "pause" : "play");
    this.toggle.textContent = this.playing ? "❚❚" : "▶";
    this.toggle.setAttribute("aria-label", label);
    this.toggle.title = label;
  }

  turn() {
    if (this.playing) return this.pause();
    if (state.time >= variant().until_us) set({ time: 0 });
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const every = calm ? CALM_FRAME_MS : FRAME_MS;
    let before = performance.now();
    this.playing = setInterval(() => {
      const now = performance.now();
      const on = Math.round(((now - before) / 1000) * Number(this.speed.value) * SECOND);
      before = now;
      this.say(state.time, state.time + on);
      set({ time: Math.min(variant().until_us, state.time + on) });
      if (state.time >= variant().until_us) this.pause();
    }, every);
    this.update();
  }

  pause() {
    clearInterval(this.playing);
    this.playing = 0;
    this.update();
  }

  drag() {
    const time = Number(this.slider.value); // before pausing writes the old one back
    this.pause();
    set({ time });
  }

  faster(by) {
    const place = SPEEDS.indexOf(Number(this.speed.value)) + by;
    this.speed.value = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, place))];
    announce(t("speed_now", { speed: this.speed.value }));
  }

  // Say what was done from outside while time went by.
  say(from, to) {
    const passed = variant().marks.map(([number]) => row(number));
    const one = passed.filter((mark) => mark.timeUs > from && mark.timeUs <= to).at(-1);
    if (one) announce(`${one.time}: ${one.text}`);
  }

  step(by) {
    this.pause();
    const times = [...new Set(variant().steps.map((number) => row(number).timeUs))];
    const found = by > 0
      ? times.find((time) => time > state.time)
      : times.findLast((time) => time < state.time);
    if (found === undefined) return set({ time: by > 0 ? variant().until_us : 0 });
    set({ time: found });
    const now = variant().steps.map(row).filter((one) => one.timeUs === found);
    const told = now.slice(0, 3).map((one) => one.text).join("; ");
    const more = now.length > 3 ? ` ${t("and_more", { count: now.length - 3 })}` : "";
    announce(`${formatTime(found)}: ${told}${more}`);
  }

  move(by) {
    this.pause();
    set({ time: Math.min(variant().until_us, Math.max(0, state.time + by)) });
    announce(this.summary());
  }
}
