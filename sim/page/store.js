// What the page shows now. It stands in the URL's fragment, so a link shows a moment.

export const data = JSON.parse(document.getElementById("data").textContent);
export const state = {
  variant: 0,
  time: 0,
  pod: null, // the name of the pod that is asked about
  row: null, // or the row of the record
  answer: false,
  cover: false, // what comes after the cursor is hidden
  theme: "auto",
  size: "normal",
};
const listeners = [];

// Looked up on every move of the cursor: the times of pods and of what they did.
for (const one of data.variants) {
  const at = (number) => (number === -1 ? Infinity : one.rows[number][0]);
  const started = new Map(one.service.map((bar) => [bar[4], bar[5]]));
  for (const pod of one.pods) {
    pod.createdUs = at(pod.created);
    pod.scheduledUs = at(pod.scheduled);
    pod.goneUs = at(pod.gone);
    for (const done of pod.states) Object.assign(done, { timeUs: at(done.row), build: started.get(done.row) });
  }
}

export function t(id, values = {}) {
  return data.texts[id].replace(/\{(\w+)\}/g, (_, key) => String(values[key]));
}

export function variant() {
  return data.variants[state.variant];
}

export function build(number) {
  return data.builds[number];
}

export function row(number) {
  const [timeUs, time, text, next, flags, pod] = variant().rows[number];
  return { number, timeUs, time, text, next, outside: flags & 1, leftOut: flags & 2, fault: flags & 4, pod };
}

// `listener(changed)` is told the names of what changed.
export function listen(listener) {
  listeners.push(listener);
}

export function set(changes) {
  const changed = Object.keys(changes).filter((key) => state[key] !== changes[key]);
  if (!changed.length) return;
  Object.assign(state, changes);
  if (changed.includes("variant")) settle();
  for (const listener of listeners) listener(changed);
}

// What is chosen in one variant need not be there in another.
function settle() {
  state.time = Math.min(state.time, variant().until_us);
  if (state.row !== null && !variant().rows[state.row]) state.row = null;
  if (state.pod !== null && !variant().pods.some((pod) => pod.name === state.pod)) {
    state.pod = null;
  }
}

function fragment() {
  const words = new URLSearchParams();
  words.set("variant", variant().name);
  words.set("time", String(state.time));
  if (state.row !== null) words.set("row", String(state.row));
  else if (state.pod !== null) words.set("pod", state.pod);
  for (const key of ["answer", "cover"]) if (state[key]) words.set(key, "1");
  if (state.theme !== "auto") words.set("theme", state.theme);
  if (state.size !== "normal") words.set("size", state.size);
  return `#${words}`;
}

let known = ""; // what the URL's fragment was when it was last read or written

// Somebody else changed the URL: what it names is still to be shown.
export function fragmentIsNews() {
  return location.hash !== known;
}

export function readFragment() {
  known = location.hash;
  const words = new URLSearchParams(known.slice(1));
  const number = data.variants.findIndex((one) => one.name === words.get("variant"));
  const chosen = data.variants[Math.max(0, number)];
  const time = words.has("time") ? Number(words.get("time")) : NaN;
  const asked = words.get("row");
  const pod = words.get("pod");
  set({
    variant: Math.max(0, number),
    time: Number.isFinite(time)
      ? Math.min(Math.max(0, Math.round(time)), chosen.until_us)
      : chosen.until_us,
    row: asked !== null && chosen.rows[asked] ? Number(asked) : null,
    pod: chosen.pods.some((one) => one.name === pod) ? pod : null,
    answer: words.has("answer") ? words.get("answer") === "1" : data.show_answer,
    cover: words.get("cover") === "1",
    theme: ["light", "dark"].includes(words.get("theme")) ? words.get("theme") : "auto",
    size: words.get("size") === "large" ? "large" : "normal",
  });
}

let writing = 0;

// Written a moment later: browsers refuse to have it changed on every frame.
export function writeFragment() {
  clearTimeout(writing);
  writing = setTimeout(() => {
    if (fragmentIsNews()) return; // a link was followed meanwhile: it must not be lost
    history.replaceState(null, "", fragment());
    known = location.hash;
  }, 150);
}
