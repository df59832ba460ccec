// Where people write: the text with its draft, text files beside it, and help with `/study` commands.

import { h, icon, iconButton } from "./dom.js";
import { recall, remember } from "./store.js";

/** More than any answer may hold; the program has the exact word. */
const MAX_FILE_BYTES = 1_000_000;

const COMMANDS = [
  ["help", "What studybot can do"],
  ["today", "Today's question and when answers close"],
  ["my-answer", "What counts as your answer so far"],
  ["me", "Your scores, streak and settings"],
  ["leaderboard", "Who leads this week, month or overall"],
  ["setup", "Plan questions for this channel", "organisers"],
  ["pause", "Stop posting for a while", "organisers"],
  ["resume", "Post again from the next date", "organisers"],
  ["post-now", "Post the next question at once", "organisers"],
  ["close-now", "End the open question early", "organisers"],
];

/** A composer; `send(text, files)` throws what is to be shown, and then everything typed stays. */
export class Composer {
  constructor(name, send) {
    this.name = name;
    this.send = send;
    this.place = "";
    this.files = [];
    // By place: files chosen there and not sent yet.
    this.kept = new Map();
    this.matches = [];
    this.drawParts();
  }

  drawParts() {
    const listId = `${this.name}-commands`;
    this.list = h("ul", { class: "commands", role: "listbox", id: listId, "aria-label": "Commands", hidden: true });
    this.chips = h("ul", { class: "chips", "aria-label": "Files to send", hidden: true });
    this.input = h("textarea", {
      rows: "1", dir: "auto", "aria-autocomplete": "list", "aria-controls": listId,
      oninput: () => this.onInput(), onkeydown: (event) => this.onKey(event), onblur: () => this.showCommands([]),
    });
    this.picker = h("input", { type: "file", multiple: true, hidden: true, onchange: () => this.addFiles() });
    this.sendButton = h("button", { type: "submit", class: "send", "aria-label": "Send", title: "Send" }, icon("send"));
    this.hint = h("p", { class: "hint" });
    this.node = h(
      "form",
      { class: "composer", onsubmit: (event) => (event.preventDefault(), this.submit()) },
      this.list,
      h(
        "div",
        { class: "writing" },
        this.chips,
        h("div", { class: "writing-row" }, this.drawClip(), this.picker, this.input, this.sendButton),
      ),
      this.hint,
    );
  }

  drawClip() {
    return iconButton("clip", "Attach text files", () => this.picker.click());
  }

  /** Moves to a place ({key, label, hint}); each place keeps its own draft. */
  moveTo({ key, label, hint }) {
    this.input.placeholder = label;
    this.input.setAttribute("aria-label", label);
    this.hint.textContent = hint;
    if (key === this.place) return;
    this.kept.set(this.place, this.files);
    this.place = key;
    this.files = this.kept.get(key) ?? [];
    this.drawChips();
    this.input.value = recall(`draft.${key}`) ?? "";
    this.onInput();
    this.showCommands([]);
  }

  focus() {
    this.input.focus();
  }

  onInput() {
    remember(`draft.${this.place}`, this.input.value);
    this.fitHeight();
    this.sendButton.disabled = this.isEmpty();
    this.showCommands(matchesOf(this.input.value));
  }

  isEmpty() {
    return this.input.value.trim() === "" && this.files.length === 0;
  }

  fitHeight() {
    this.input.style.blockSize = "auto";
    this.input.style.blockSize = `${this.input.scrollHeight}px`;
  }

  onKey(event) {
    if (event.isComposing) return;
    if (this.matches.length > 0 && this.onCommandKey(event)) {
      event.preventDefault();
      return;
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    }
  }

  /** Handles a key of the open list of commands; answers whether it was one. */
  onCommandKey(event) {
    const count = this.matches.length;
    switch (event.key) {
      case "ArrowDown":
        this.mark((this.marked + 1) % count);
        return true;
      case "ArrowUp":
        this.mark((this.marked + count - 1) % count);
        return true;
      case "Escape":
        this.showCommands([]);
        return true;
      case "Tab":
      case "Enter":
        if (event.shiftKey || this.input.value.trim() === commandText(this.matches[this.marked])) return false;
        this.complete(this.matches[this.marked]);
        return true;
      default:
        return false;
    }
  }

  complete(match) {
    this.input.value = commandText(match);
    this.onInput();
    this.showCommands([]);
    this.focus();
  }

  showCommands(matches) {
    this.matches = matches;
    this.list.hidden = matches.length === 0;
    this.list.replaceChildren(...matches.map((match, at) => this.drawCommand(match, at)));
    this.mark(0);
  }

  drawCommand(match, at) {
    const [, what, who] = match;
    // The press must not take the focus, or the list would close before the click.
    const on = { onmousedown: (event) => event.preventDefault(), onclick: () => this.complete(match) };
    return h("li", { role: "option", id: `${this.name}-command-${at}`, ...on }, h("code", null, commandText(match)), h("span", null, what), who ? h("span", { class: "badge" }, who) : null);
  }

  mark(at) {
    this.marked = at;
    [...this.list.children].forEach((row, index) => row.setAttribute("aria-selected", String(index === at)));
    const row = this.list.children[at];
    row?.scrollIntoView({ block: "nearest" });
    if (row) this.input.setAttribute("aria-activedescendant", row.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  async addFiles() {
    const picked = [...this.picker.files];
    this.picker.value = "";
    this.onProblem("");
    for (const file of picked) {
      const text = await readText(file);
      if (text === null) this.onProblem(`“${file.name}” is not a text file of at most 1 MB.`);
      else this.files.push({ name: file.name, text });
    }
    this.drawChips();
    this.sendButton.disabled = this.isEmpty();
    this.focus();
  }

  drawChips() {
    this.chips.hidden = this.files.length === 0;
    this.chips.replaceChildren(...this.files.map((file) => h("li", null, icon("clip"), h("bdi", null, file.name), this.drawRemove(file))));
  }

  drawRemove(file) {
    return iconButton("close", `Remove ${file.name}`, () => {
      this.files = this.files.filter((other) => other !== file);
      this.drawChips();
      this.sendButton.disabled = this.isEmpty();
    });
  }

  async submit() {
    if (this.isEmpty() || this.input.readOnly) return;
    const { place } = this;
    this.showCommands([]);
    this.input.readOnly = true;
    try {
      await this.send(this.input.value, this.files);
      this.clear(place);
    } catch (error) {
      this.onProblem(error.message);
    }
    this.input.readOnly = false;
  }

  clear(place) {
    remember(`draft.${place}`, "");
    this.kept.delete(place);
    if (place !== this.place) return;
    this.files = [];
    this.drawChips();
    this.input.value = "";
    this.onInput();
    this.onProblem("");
  }

  /** Called with an error to show, or an empty text. */
  onProblem() {}
}

function commandText([name]) {
  return `/study ${name}`;
}

function matchesOf(text) {
  if (!text.startsWith("/") || text.startsWith("//") || text.includes("\n")) return [];
  return COMMANDS.filter((command) => commandText(command).startsWith(text));
}

async function readText(file) {
  if (file.size > MAX_FILE_BYTES) return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}
