// Building and patching the page. Text always becomes text nodes: nothing in this page reads markup.

const SVG = "http://www.w3.org/2000/svg";

// Stroke paths on a 24 by 24 field.
const ICONS = {
  add: "M12 5v14M5 12h14",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 21h4",
  book: "M5 5.5A1.5 1.5 0 0 1 6.5 4H19v16H6.5A1.5 1.5 0 0 1 5 18.5zM9 8.5h6M9 12h6",
  clip: "M20 11.5 12 19.5a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4l7.7-7.7",
  close: "M6 6l12 12M18 6 6 18",
  down: "M12 5v14M6 13l6 6 6-6",
  edit: "M4 20l1-4L16.5 4.5l3 3L8 19zM14.5 6.5l3 3",
  leave: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  menu: "M4 7h16M4 12h16M4 17h16",
  send: "M5 12h13M12.5 6l6 6-6 6",
  thread: "M4 5h16v11H11l-4 4v-4H4z",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13",
};

/** Makes one element; `on…` properties are listeners, `null` and `false` ones are left out. */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) setProp(node, name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function setProp(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else node.setAttribute(name, value === true ? "" : value);
}

/** A drawn sign; always beside a text or on a control with an `aria-label`. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button that is only a sign. */
export function iconButton(name, label, onclick, props) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...props }, icon(name));
}

/** A person's round sign with their first letter, in one of eight quiet colours that stays theirs. */
export function avatar(author) {
  if (author.bot) return h("span", { class: "avatar bot", "aria-hidden": "true" }, icon("book"));
  const first = firstLetter(author.name);
  return h("span", { class: `avatar tone-${tone(String(author.id))}`, "aria-hidden": "true" }, first);
}

function firstLetter(name) {
  const [first] = new Intl.Segmenter().segment(name.trim());
  return first ? first.segment.toLocaleUpperCase() : "?";
}

function tone(id) {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)) % 8191;
  return sum % 8;
}

const signatures = new WeakMap();

/**
 * Brings the children of `parent` to `items` ({key, sig, make}), touching only what changed, so that
 * focus, selections and opened parts survive. A child with `data-held` (being edited) is left alone.
 */
export function patch(parent, items) {
  const wanted = new Set(items.map((item) => item.key));
  const old = new Map();
  for (const node of [...parent.children]) {
    if (wanted.has(node.dataset.key)) old.set(node.dataset.key, node);
    else node.remove();
  }
  let cursor = parent.firstElementChild;
  for (const item of items) {
    const before = old.get(item.key);
    const node = freshNode(before, item);
    if (before && before !== node) {
      if (cursor === before) cursor = node;
      replace(before, node);
    }
    if (node === cursor) cursor = cursor.nextElementSibling;
    else parent.insertBefore(node, cursor);
  }
}

function freshNode(before, item) {
  if (before && ("held" in before.dataset || signatures.get(before) === item.sig)) return before;
  const node = item.make();
  node.dataset.key = item.key;
  signatures.set(node, item.sig);
  return node;
}

function replace(before, node) {
  const open = [...before.querySelectorAll("details")].map((part) => part.open);
  node.querySelectorAll("details").forEach((part, at) => {
    part.open = open[at] ?? part.open;
  });
  const focused = before.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
  before.replaceWith(node);
  if (focused !== undefined) node.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}
