// Buttons and selects of messages and panels: drawing them, sending clicks in order, and placing what comes back.

import { post } from "./api.js";
import { openForm } from "./dialogs.js";
import { h } from "./dom.js";
import { same, store, update } from "./store.js";

/** Labels up to this many characters stand side by side. */
const SHORT_LABEL = 22;

// By place ("<persona> c:<channel>" and the like): the private panels shown there, oldest first.
const panels = new Map();
// By panel key or message id: clicks that wait for the one under way. In order, so that an older answer never covers a newer choice.
const queues = new Map();
// By host id: counts up to have controls drawn anew, when what they show was refused or settled.
const revisions = new Map();

let panelCount = 0;

/** The private panels of a place. */
export function panelsAt(place) {
  return panels.get(place) ?? [];
}

/** A number that changes when a host's controls must be drawn again. */
export function revisionOf(id) {
  return revisions.get(String(id)) ?? 0;
}

export function dismiss(panel) {
  panels.set(panel.place, panelsAt(panel.place).filter((other) => other !== panel));
  update({});
}

/**
 * Shows what a call answered: {ephemeral?, form?}. `from` is {as, place, source}; `source` names what was
 * pressed, and a panel from the same source is replaced. A click on a panel gives it as `panel`.
 */
export function takeReply(from, reply, panel) {
  if (reply.ephemeral) putPanel(from, reply.ephemeral, panel);
  if (reply.form && same(from.as, store.me)) openForm(reply.form, (fields, form) => submit(from, form, fields));
}

async function submit(from, form, fields) {
  const reply = await post("submit", { as: from.as, form, fields });
  if (reply.ephemeral) putPanel(from, reply.ephemeral);
  return reply.form;
}

function putPanel(from, ephemeral, panel) {
  const here = panelsAt(from.place);
  const old = panel ?? here.find((other) => same(other.id, ephemeral.id) || other.source === from.source);
  panelCount += 1;
  if (old && here.includes(old)) {
    Object.assign(old, { text: undefined, blocks: undefined, actions: undefined }, ephemeral);
    bump(old.id);
    // A panel that changes under the reader's hand stays where it is; one that was asked for again is shown.
    if (!panel) old.shown = panelCount;
  } else {
    const owner = { key: `panel-${panelCount}`, as: from.as, place: from.place, source: from.source, shown: panelCount };
    panels.set(from.place, [...here, { ...ephemeral, ...owner }]);
  }
  update({});
}

function bump(id) {
  revisions.set(String(id), revisionOf(id) + 1);
}

/** The controls of `host`, a message or a panel; `context` is {key, fail, panel?}. */
export function drawActions(host, context) {
  if (!host.actions?.length) return null;
  const press = (action, values) => click(host, context, action, values);
  return h("div", { class: "actions" }, ...host.actions.map((action) => drawAction(action, press)));
}

function drawAction(action, press) {
  if (action.kind !== "select") return drawButton(action, press);
  return action.max > 1 ? drawToggles(action, press) : drawSelect(action, press);
}

function drawButton(action, press) {
  const button = h("button", { type: "button", class: "button", dir: "auto", "data-focus": action.id }, action.label);
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    await press(action);
    button.removeAttribute("aria-busy");
  });
  return button;
}

function drawSelect(action, press) {
  const chosen = action.selected?.[0];
  const options = action.options.map((option) => {
    const node = h("option", { value: option.value }, option.label);
    node.selected = option.value === chosen;
    return node;
  });
  // Without a choice yet, the first option must not look like one.
  const empty = h("option", { value: "", disabled: action.min > 0, hidden: action.min > 0 }, action.min > 0 ? "Choose…" : "None");
  empty.selected = chosen === undefined;
  const select = h("select", { "data-focus": action.id }, empty, ...options);
  select.addEventListener("change", () => press(action, select.value === "" ? [] : [select.value]));
  return h("label", { class: "select" }, h("bdi", { class: "select-label" }, action.label), select);
}

function drawToggles(action, press) {
  const short = action.options.every((option) => option.label.length <= SHORT_LABEL);
  const chosen = new Set(action.selected ?? []);
  const boxes = action.options.map((option) => {
    const box = h("input", { type: "checkbox", value: option.value, "data-focus": `${action.id} ${option.value}` });
    box.checked = chosen.has(option.value);
    return box;
  });
  const rest = h("p", { class: "toggle-note", role: "status" });
  const limit = () => boxes.forEach((box) => (box.disabled = !box.checked && values().length >= action.max));
  const values = () => boxes.filter((box) => box.checked).map((box) => box.value);
  const change = (box) => {
    if (values().length < (action.min ?? 0)) {
      box.checked = true;
      rest.textContent = `Choose at least ${action.min}.`;
      return;
    }
    rest.textContent = "";
    limit();
    press(action, values());
  };
  boxes.forEach((box) => box.addEventListener("change", () => change(box)));
  limit();
  const rows = action.options.map((option, at) => h("label", { class: "toggle" }, boxes[at], h("bdi", null, option.label)));
  return h(
    "fieldset",
    { class: short ? "toggles short" : "toggles" },
    h("legend", { dir: "auto" }, action.label),
    h("div", { class: "toggle-rows" }, ...rows),
    rest,
  );
}

/** Sends a click after those before it on the same host; a newer choice of a select takes a waiting one's place. */
function click(host, context, action, values) {
  const name = context.panel?.key ?? String(host.id);
  const queue = queues.get(name) ?? { waiting: [], running: null };
  queues.set(name, queue);
  const later = queue.waiting.find((entry) => values && entry.action === action.id);
  if (later) later.values = values;
  else queue.waiting.push({ action: action.id, values, context, as: context.panel?.as ?? store.me });
  queue.running ??= drain(queue, host).finally(() => queues.delete(name));
  return queue.running;
}

async function drain(queue, host) {
  const panel = queue.waiting[0].context.panel;
  while (queue.waiting.length > 0) {
    const { action, values, as, context } = queue.waiting.shift();
    const from = { as, place: context.key, source: `${panel?.key ?? host.id} ${action}` };
    try {
      const reply = await post("click", { as, message: panel?.id ?? host.id, action, ...(values && { values }) });
      context.fail("");
      // With more clicks waiting, the panel already shows a newer choice than this answer.
      const stale = queue.waiting.length > 0 && reply.ephemeral && panel;
      if (stale) panel.id = reply.ephemeral.id;
      takeReply(from, stale ? { form: reply.form } : reply, panel);
    } catch (error) {
      context.fail(error.message);
    }
  }
  bump(panel?.id ?? host.id);
  update({});
}
