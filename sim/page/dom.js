// Elements, made in one call. Texts only ever become text nodes: no name is markup.

const SVG = "http://www.w3.org/2000/svg";

export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

export function fill(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((child) => child !== null));
  return node;
}

// A name from the scenario: its direction of writing stays its own.
export function name(text, attributes = {}) {
  return el("bdi", attributes, text);
}

export function button(label, act, attributes = {}) {
  return el("button", { type: "button", onclick: act, ...attributes }, label);
}

// A table that is made when somebody opens it.
export function tableBehind(caption, columns, rows) {
  const place = el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption });
  const details = el("details", { class: "behind" }, el("summary", {}, caption), place);
  details.addEventListener("toggle", () => {
    if (details.open) fill(place, table(caption, columns, rows()));
  });
  return details;
}

export function table(caption, columns, rows) {
  const head = el("tr", {}, columns.map((text) => el("th", { scope: "col" }, text)));
  const body = rows.map((row) => el("tr", {}, row.map((cell) => el("td", {}, cell))));
  return el(
    "table",
    {},
    el("caption", { class: "unseen" }, caption),
    el("thead", {}, head),
    el("tbody", {}, body),
  );
}
