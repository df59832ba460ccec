// Forms and questions that stand in front of the page. What was typed into a form is never thrown away unasked.

import { h, iconButton } from "./dom.js";

const waiting = [];
let current = null;

/** A yes-or-no question; answers true for yes. Escape means no. */
export function ask({ title, text, yes, no }) {
  return new Promise((resolve) => {
    const close = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const dialog = h(
      "dialog",
      { class: "dialog small", "aria-labelledby": "ask-title", oncancel: (event) => (event.preventDefault(), close(false)) },
      h("h2", { id: "ask-title" }, title),
      h("p", { dir: "auto" }, text),
      h(
        "div",
        { class: "dialog-end" },
        h("button", { type: "button", class: "button", onclick: () => close(false) }, no),
        h("button", { type: "button", class: "button strong", onclick: () => close(true) }, yes),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * Opens a form ({title, fields}); a field is a text field or, with `check`, a box to tick.
 * `submit(values, id)` answers nothing to close it, or a form that takes its place; an error it throws is shown.
 * A form that comes while another is open waits its turn.
 */
export function openForm(form, submit, submitLabel = "Submit") {
  if (current) {
    waiting.push([form, submit, submitLabel]);
    return;
  }
  current = new FormDialog(form, submit, submitLabel);
}

/** Whether a form holds text that was not sent. */
export function hasUnsentForm() {
  return current !== null && current.isChanged();
}

class FormDialog {
  constructor(form, submit, submitLabel) {
    this.submit = submit;
    this.submitLabel = submitLabel;
    this.busy = false;
    this.dialog = h("dialog", { class: "dialog", "aria-labelledby": "form-title" });
    this.dialog.addEventListener("cancel", (event) => (event.preventDefault(), this.cancel()));
    // Browsers let a second Escape pass `cancel`; taken here, it never gets that far.
    this.dialog.addEventListener("keydown", (event) => this.onKey(event));
    this.first = valuesOf(form);
    this.draw(form);
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.focusFirst();
  }

  draw(form) {
    this.form = form.id;
    this.fields = form.fields.map((field) => (field.check ? drawCheck(field) : drawText(field)));
    this.error = h("p", { class: "error", role: "alert", hidden: true });
    this.send = h("button", { type: "submit", class: "button strong" }, this.submitLabel);
    this.dialog.replaceChildren(
      h(
        "form",
        { novalidate: true, onsubmit: (event) => (event.preventDefault(), this.onSubmit()) },
        h(
          "header",
          { class: "dialog-top" },
          h("h2", { id: "form-title", dir: "auto" }, form.title),
          iconButton("close", "Close", () => this.cancel()),
        ),
        h("div", { class: "dialog-fields" }, ...this.fields.map((field) => field.node)),
        this.error,
        h(
          "div",
          { class: "dialog-end" },
          h("button", { type: "button", class: "button", onclick: () => this.cancel() }, "Cancel"),
          this.send,
        ),
      ),
    );
  }

  onKey(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      this.cancel();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.onSubmit();
    }
  }

  values() {
    return Object.fromEntries(this.fields.map((field) => [field.id, field.value()]));
  }

  isChanged() {
    const now = this.values();
    return Object.keys(now).some((id) => now[id] !== this.first[id]);
  }

  async onSubmit() {
    const checks = this.fields.map((field) => field.check());
    if (this.busy || checks.includes(false)) {
      this.focusFirst();
      return;
    }
    this.setBusy(true);
    try {
      const next = await this.submit(this.values(), this.form);
      if (next) this.redraw(next);
      else this.close();
    } catch (error) {
      this.error.textContent = error.message;
      this.error.hidden = false;
    }
    this.setBusy(false);
  }

  // A form that comes back holds what was typed. The text counts as unsent still: closing it asks.
  redraw(form) {
    this.draw(form);
    this.focusFirst();
  }

  setBusy(busy) {
    this.busy = busy;
    this.send.disabled = busy;
    this.dialog.setAttribute("aria-busy", String(busy));
  }

  async cancel() {
    if (this.busy) return;
    const question = { title: "Discard what you typed?", text: "It has not been sent.", yes: "Discard", no: "Keep writing" };
    if (!this.isChanged() || (await ask(question))) this.close();
  }

  close() {
    this.dialog.close();
    this.dialog.remove();
    current = null;
    const next = waiting.shift();
    if (next) openForm(...next);
  }

  focusFirst() {
    const wrong = this.fields.find((field) => field.isWrong());
    (wrong ?? this.fields[0])?.focus();
  }
}

function valuesOf(form) {
  return Object.fromEntries(form.fields.map((field) => [field.id, field.check ? Boolean(field.value) : field.value ?? ""]));
}

function drawCheck(field) {
  const input = h("input", { type: "checkbox", id: `field-${field.id}` });
  input.checked = Boolean(field.value);
  const node = h("label", { class: "check", for: input.id }, input, h("span", null, field.label));
  return { id: field.id, node, value: () => input.checked, check: () => true, isWrong: () => false, focus: () => input.focus() };
}

function drawText(field) {
  const id = `field-${field.id}`;
  const error = h("p", { class: "error", id: `${id}-error`, "aria-live": "polite" });
  const counter = h("span", { class: "counter", id: `${id}-counter` });
  const input = h(field.multiline ? "textarea" : "input", {
    id, dir: "auto", autocomplete: "off", "aria-describedby": `${error.id} ${counter.id}`,
    "aria-required": field.required ? "true" : null, type: field.multiline ? null : "text", rows: field.multiline ? "8" : null,
  });
  input.value = field.value ?? "";
  const say = (text) => {
    error.textContent = text;
    input.setAttribute("aria-invalid", String(text !== ""));
  };
  const count = () => drawCount(counter, input.value, field.max);
  input.addEventListener("input", () => (count(), say("")));
  say(field.error ?? "");
  count();
  const optional = field.required ? null : h("span", { class: "optional" }, "optional");
  const label = h("label", { for: id }, h("bdi", null, field.label), optional);
  return {
    id: field.id,
    node: h("div", { class: "field" }, label, input, h("div", { class: "field-end" }, error, counter)),
    value: () => input.value,
    check: () => {
      const wrong = problem(field, input.value);
      say(wrong);
      return wrong === "";
    },
    isWrong: () => error.textContent !== "",
    focus: () => input.focus(),
  };
}

function problem(field, text) {
  const over = lengthOf(text) - (field.max ?? Infinity);
  if (field.required && text.trim() === "") return "Please fill this in.";
  return over > 0 ? `This is ${over.toLocaleString("en-GB")} characters too long.` : "";
}

function drawCount(counter, text, max) {
  if (!max) return;
  const length = lengthOf(text);
  counter.textContent = `${length.toLocaleString("en-GB")} of ${max.toLocaleString("en-GB")}`;
  counter.classList.toggle("over", length > max);
}

// Characters are Unicode's, as the program counts them, not UTF-16 units.
function lengthOf(text) {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}
