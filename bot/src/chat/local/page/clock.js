// The bar at the top: the demo's clock, what is due next, and moving on to it.

import { post } from "./api.js";
import { h } from "./dom.js";
import { openChannel, same, store } from "./store.js";
import { chatNow, durationText, fullText, millis, refreshRelative } from "./time.js";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const TICK_MS = 1000;
const HELP =
  "The demo has a clock of its own. Moving it forward makes everything happen that is due on the way, in order and at its own time: " +
  "questions are posted, answers close, rubrics appear. It never goes back.";

export class ClockBar {
  /** `settled` is called after the clock was moved. */
  constructor(root, settled) {
    this.root = root;
    this.settled = settled;
    this.now = h("strong", { class: "clock-now" });
    this.next = h("span", { class: "clock-next" });
    this.error = h("span", { class: "error", role: "alert" });
    this.buttons = [
      this.button("+1 hour", () => HOUR_S),
      this.button("+1 day", () => DAY_S),
      this.button("To the next event", secondsToNext, "strong"),
    ];
    this.drawParts();
    setInterval(() => this.tick(), TICK_MS);
  }

  drawParts() {
    const help = h("div", { id: "clock-help", class: "popover", popover: "auto" }, HELP);
    const opener = { popovertarget: "clock-help", "aria-label": "About the demo clock", title: HELP };
    const helpButton = h("button", { type: "button", class: "help", ...opener }, "?");
    const text = h("p", { class: "clock-text" }, h("span", { class: "clock-label" }, "Demo clock: "), this.now, this.next);
    const group = { class: "clock-buttons", role: "group", "aria-label": "Move the clock" };
    const buttons = h("div", group, ...this.buttons, helpButton, help);
    this.root.replaceChildren(text, this.error, buttons, h("div", { class: "progress" }));
  }

  button(label, seconds, kind = "") {
    const onclick = (event) => this.advance(event.currentTarget, seconds());
    return h("button", { type: "button", class: `button ${kind}`, title: `${label}. ${HELP}`, onclick }, label);
  }

  async advance(button, seconds) {
    if (this.root.getAttribute("aria-busy") === "true") return;
    this.setBusy(true);
    this.error.textContent = "";
    try {
      await post("clock", { advance_s: seconds });
    } catch (error) {
      this.error.textContent = error.message;
    }
    this.setBusy(false);
    button.focus();
    this.settled();
  }

  setBusy(busy) {
    this.root.setAttribute("aria-busy", String(busy));
    this.tick();
  }

  /** Brings the bar and all relative times up to the chat's time. */
  tick() {
    const busy = this.root.getAttribute("aria-busy") === "true";
    setText(this.now, fullText(chatNow()));
    setText(this.next, busy ? "moving the clock…" : nextText());
    this.next.title = store.due.map(dueText).join("\n");
    for (const button of this.buttons) button.disabled = busy;
    this.buttons[2].disabled ||= store.due.length === 0;
    refreshRelative();
  }
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Rounded up: a second too many still reaches the event, one too few does not.
function secondsToNext() {
  return Math.max(1, Math.ceil((millis(store.due[0].at) - chatNow()) / 1000));
}

function nextText() {
  return store.due.length > 0 ? dueText(store.due[0]) : "nothing is due";
}

function dueText(due) {
  const left = millis(due.at) - chatNow();
  const channel = store.channels.find((one) => same(one.id, due.channel));
  const where = channel && !same(channel.id, openChannel()?.id) ? ` in #${channel.name}` : "";
  return left > 0 ? `${due.what}${where} in ${durationText(left)}` : `${due.what}${where} now`;
}
