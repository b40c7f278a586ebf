// Puts the page together: every view listens to one state, and time moves them all.

import { Bands } from "./bands.js";
import { TimeBar } from "./cursor.js";
import { button, el, fill } from "./dom.js";
import { Events } from "./events.js";
import { About, Head, Legend, thinnedNote } from "./facts.js";
import { Handout } from "./handout.js";
import { helpDialog, listenToKeys, turnSize, turnTheme } from "./keys.js";
import { NodeLanes, PodLanes } from "./lanes.js";
import { inWords, Moment } from "./moment.js";
import { patterns } from "./patterns.js";
import { data, fragmentIsNews, listen, readFragment, set, state, t, writeFragment } from "./store.js";
import { Traffic } from "./traffic.js";
import { Variants } from "./variants.js";
import { firstPod, Why } from "./why.js";

const head = new Head();
const bar = new TimeBar();
const moment = new Moment();
const legend = new Legend();
const why = new Why();
const events = new Events();
const about = new About();
const handout = new Handout();
const views = [new Bands(), new PodLanes(), new NodeLanes(), new Traffic(), new Variants()];
const note = el("div", {});
const dialog = helpDialog();
const root = document.documentElement;

bar.summary = () => inWords(state.time);

function tools() {
  return el(
    "nav",
    { class: "tools", "aria-label": t("tools") },
    el("span", { class: "brand" }, t("brand")),
    button(t("theme"), turnTheme),
    button(t("projector"), turnSize),
    button(t("print"), () => window.print()),
    button(t("keys"), () => dialog.showModal()),
  );
}

function drawViews() {
  for (const view of views) view.draw();
}

function updateAll() {
  moment.reset();
  fill(note, thinnedNote());
  for (const part of [head, bar, legend, about, moment, why, events]) part.update();
  drawViews();
}

function move() {
  for (const view of views) view.move();
  for (const part of [moment, events]) part.update();
}

let framed = 0;

// Dragging asks for more moves than a screen shows: one a frame is enough.
function later() {
  if (!framed) framed = requestAnimationFrame(() => { framed = 0; move(); });
}

function look() {
  root.dataset.theme = state.theme;
  root.dataset.size = state.size;
}

listen((changed) => {
  writeFragment();
  if (changed.includes("theme") || changed.includes("size")) look();
  if (changed.includes("variant")) return updateAll();
  if (changed.includes("size")) drawViews();
  if (changed.includes("answer")) head.update();
  if (changed.includes("pod") || changed.includes("row") || changed.includes("time")) why.update();
  if (changed.includes("pod") || changed.includes("row")) moment.update();
  if (changed.includes("pod")) views[1].draw();
  if (changed.includes("time") || changed.includes("cover")) {
    bar.update();
    later();
  }
});

// A phone shows the page first: there the panel opens when something is asked about.
function start() {
  readFragment();
  const asked = state.pod !== null || state.row !== null;
  if (!asked && innerWidth > 1000) set({ pod: firstPod() });
  const main = el(
    "main",
    {},
    note,
    moment.element,
    legend.element,
    ...views.slice(0, 4).map((view) => view.element),
    events.element,
    views[4].element,
    about.element,
  );
  fill(
    document.getElementById("app"),
    patterns(),
    tools(),
    head.element,
    bar.element,
    el("div", { class: "body" }, main, why.element),
    dialog,
    handout.element,
  );
  look();
  updateAll();
  listenToKeys(bar, dialog, data.variants.length);
  addEventListener("hashchange", () => {
    if (fragmentIsNews()) readFragment();
  });
  addEventListener("beforeprint", () => handout.make());
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) drawViews();
    width = innerWidth;
  });
}

start();
