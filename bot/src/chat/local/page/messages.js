// One message, one private panel and what stands between them, drawn as list items.

import { dismiss, drawActions, revisionOf } from "./actions.js";
import { post } from "./api.js";
import { drawContent } from "./blocks.js";
import { ask } from "./dialogs.js";
import { avatar, h, icon, iconButton } from "./dom.js";
import { safeLink } from "./markdown.js";
import { personName, same, store } from "./store.js";
import { dayText, millis, timeNode } from "./time.js";

/** Messages of one author this close together share a header. */
const GROUP_MS = 5 * 60_000;

// By message id: edits that were begun, for when the message leaves the page meanwhile.
const edits = new Map();

/**
 * The items for `patch` of a list of messages. `place` is {kind, key, fail, openThread?, changed}:
 * `openThread` opens a message's thread, `fail` shows an error, `changed` fetches the list again. The date of
 * `shownAt` stands above the list already.
 */
export function messageItems(messages, place, shownAt) {
  const items = [];
  let shownDay = shownAt === undefined ? "" : dayText(shownAt);
  let before = null;
  for (const message of messages) {
    const day = dayText(message.at);
    if (day !== shownDay) {
      items.push({ key: `day-${message.id}`, sig: day, make: () => h("li", { class: "day" }, h("span", null, day)) });
      shownDay = day;
      before = null;
    }
    items.push(messageItem(message, isGrouped(before, message), place));
    before = message;
  }
  return items;
}

function isGrouped(before, message) {
  return before !== null && same(before.author.id, message.author.id) && !message.author.bot && millis(message.at) - millis(before.at) < GROUP_MS;
}

/** The item of one message. */
export function messageItem(message, grouped, place) {
  const own = same(message.author.id, store.me);
  const news = store.unreadThreads.has(String(message.id));
  const sig = JSON.stringify([message, grouped, own, news, place.key, revisionOf(message.id)]);
  return { key: `message-${message.id}`, sig, make: () => drawMessage(message, { grouped, own, news, place }) };
}

/** The item of a private panel. */
export function panelItem(panel, place) {
  const sig = JSON.stringify([panel, revisionOf(panel.id)]);
  return { key: panel.key, sig, make: () => drawPanel(panel, place) };
}

function drawMessage(message, { grouped, own, news, place }) {
  const { author } = message;
  const hasThread = place.openThread && threadOf(message);
  const node = h(
    "li",
    { class: ["message", author.bot && "from-bot", grouped && "grouped", hasThread && "has-thread"].filter(Boolean).join(" ") },
    grouped ? h("span", { class: "avatar-gap" }, timeNode(message.at, "clock")) : avatar(author),
    h(
      "div",
      { class: "message-body" },
      grouped ? null : drawHeader(message, place),
      h("div", { class: "content" }, drawContent(message), ...drawFiles(message.files ?? []), drawActions(message, place)),
      message.edited ? h("span", { class: "edited" }, "edited") : null,
      drawReactions(message.reactions ?? []),
      hasThread ? drawThreadLink(message, news, place) : null,
    ),
  );
  const tools = drawTools(node, message, own, place);
  if (tools) node.append(tools);
  if (hasThread) node.addEventListener("click", (event) => isPlainClick(event) && place.openThread(message.id));
  return node;
}

// Where the program gives no number of replies, a post of the bot with controls has a thread.
function threadOf(message) {
  return typeof message.replies === "number" || (message.replies === undefined && message.author.bot && message.actions?.length > 0);
}

// Clicks on controls and the end of marking text are no wish to open the thread.
function isPlainClick(event) {
  return !event.target.closest("button, a, select, option, label, summary, input, textarea, pre, fieldset") && String(getSelection()) === "";
}

function drawHeader(message, place) {
  const { author } = message;
  return h(
    "header",
    { class: "message-head" },
    h("bdi", { class: "author" }, author.name),
    author.bot ? h("span", { class: "badge" }, "app") : null,
    timeNode(message.at, "clock"),
    place.kind === "notices" ? privateMark() : null,
  );
}

function privateMark() {
  return h("span", { class: "private-mark" }, icon("lock"), "Only you see this");
}

function drawFiles(files) {
  return files.map((file) => {
    const name = h("bdi", null, file.name);
    if (typeof file.text !== "string") return h("p", { class: "file" }, icon("clip"), file.url ? safeLink(file.url, name) : name);
    const lines = file.text.split("\n").length;
    const size = h("span", { class: "quiet" }, lines === 1 ? "1 line" : `${lines.toLocaleString("en-GB")} lines`);
    return h("details", { class: "file" }, h("summary", null, icon("clip"), name, size), h("pre", { tabindex: "0", dir: "auto" }, file.text));
  });
}

function drawReactions(reactions) {
  if (reactions.length === 0) return null;
  const pills = reactions.map(({ emoji, by }) => {
    const names = by.map((id) => personName(id) ?? "studybot").join(", ");
    return h("li", { class: "reaction", title: names }, emoji, h("span", null, String(by.length)));
  });
  return h("ul", { class: "reactions", "aria-label": "Reactions" }, ...pills);
}

function drawThreadLink(message, news, place) {
  const count = message.replies;
  const replies = count === undefined ? null : h("span", { class: "quiet" }, repliesText(count));
  return h(
    "button",
    { type: "button", class: "thread-link", "data-focus": "thread", onclick: () => place.openThread(message.id) },
    icon("thread"),
    h("span", null, "Open thread"),
    replies,
    news ? h("span", { class: "dot", role: "img", "aria-label": "New replies" }) : null,
  );
}

/** "5 replies" */
export function repliesText(count) {
  if (count === 0) return "no replies yet";
  return count === 1 ? "1 reply" : `${count.toLocaleString("en-GB")} replies`;
}

function drawTools(node, message, own, place) {
  const tools = [];
  if (place.openThread) tools.push(iconButton("thread", "Reply in thread", () => place.openThread(message.id)));
  if (own) {
    tools.push(iconButton("edit", "Edit", () => beginEdit(node, message, place)));
    tools.push(iconButton("trash", "Delete", () => remove(message, place)));
  }
  return tools.length > 0 ? h("div", { class: "tools" }, ...tools) : null;
}

async function remove(message, place) {
  const sure = await ask({ title: "Delete this message?", text: excerpt(message.text), yes: "Delete", no: "Keep it" });
  if (!sure) return;
  try {
    await post("delete", { as: store.me, message: message.id });
    place.changed();
  } catch (error) {
    place.fail(error.message);
  }
}

function excerpt(text) {
  const letters = [...(text ?? "")];
  return letters.length > 200 ? `${letters.slice(0, 200).join("")}…` : letters.join("");
}

// The item is held while it is being edited, so that nothing that arrives takes the text away.
function beginEdit(node, message, place) {
  const content = node.querySelector(".content");
  const input = h("textarea", { dir: "auto", rows: "3", "aria-label": "Edit the message" });
  const error = h("p", { class: "error", role: "alert" });
  input.value = edits.get(message.id) ?? message.text;
  input.addEventListener("input", () => edits.set(message.id, input.value));
  const end = () => {
    edits.delete(message.id);
    delete node.dataset.held;
    form.replaceWith(content);
    place.changed();
  };
  const cancel = async () => {
    const question = { title: "Discard your changes?", text: "The message stays as it was.", yes: "Discard", no: "Keep editing" };
    if (input.value === message.text || (await ask(question))) end();
  };
  const save = async () => {
    try {
      await post("edit", { as: store.me, message: message.id, text: input.value });
      end();
    } catch (refusal) {
      error.textContent = refusal.message;
    }
  };
  const form = h(
    "form",
    { class: "edit", onsubmit: (event) => (event.preventDefault(), save()) },
    input,
    error,
    h(
      "div",
      { class: "edit-end" },
      h("button", { type: "button", class: "button", onclick: cancel }, "Cancel"),
      h("button", { class: "button strong" }, "Save"),
    ),
  );
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") cancel();
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      save();
    }
  });
  node.dataset.held = "";
  content.replaceWith(form);
  input.focus();
}

function drawPanel(panel, place) {
  const close = iconButton("close", "Dismiss", () => {
    dismiss(panel);
    place.focus();
  });
  return h(
    "li",
    { class: "panel" },
    h("header", { class: "panel-head" }, privateMark(), close),
    drawContent(panel),
    drawActions(panel, { ...place, panel }),
  );
}
