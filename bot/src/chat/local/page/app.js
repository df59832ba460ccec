// The demo's chat page: wires the clock, the rail and the two columns to the store. Everything shown is fetched from the program.

import { panelsAt, takeReply } from "./actions.js";
import { listen, post, Refusal } from "./api.js";
import { ClockBar } from "./clock.js";
import { Composer } from "./composer.js";
import { hasUnsentForm } from "./dialogs.js";
import { avatar, h, iconButton } from "./dom.js";
import { messageItem, repliesText } from "./messages.js";
import { Pane } from "./pane.js";
import { DEMO_NOTE, Rail } from "./rail.js";
import { me, onChange, openChannel, PAGE_SIZE, same, store, update } from "./store.js";
import { loadAll, loadLists, markNoticesRead, onMessageEvent, soonMessages, soonReplies, soonState } from "./sync.js";
import { setNow } from "./time.js";

const TIP_KEY = "studybot.tip-read";
const TIP = "Answer in the thread, or press Answer privately. Then move the clock to the deadline to see the rubric.";
const ANSWER_HINT = "Until answers close, what you write here is your answer. A line that starts with // is left out of it.";
const MAX_ANNOUNCED = 3;

const root = (id) => document.getElementById(id);
const banner = root("banner");
const layout = root("layout");
const side = root("side");

const clockBar = new ClockBar(root("clock"), () => loadAll().catch(showTrouble));
const rail = new Rail(root("rail"), { persona: choosePersona, channel: chooseChannel, notices: showNotices, fail: (text) => middle.fail(text) });
const middle = new Pane(root("middle"), new Composer("channel", (text, files) => say(text, files, null)));
const thread = new Pane(side, new Composer("thread", (text, files) => say(text, files, store.thread)));
const tip = drawTip();
middle.foot.prepend(tip);
// Narrow screens hide the rail, which has this note too.
middle.foot.append(h("p", { class: "demo-note" }, DEMO_NOTE));

let announced = new Map();
let isReady = false;

/** The place that a column shows, for messages and panels in it. */
function placeOf(kind) {
  const pane = kind === "thread" ? thread : middle;
  const spot = { channel: `c:${store.channel}`, notices: "notices", thread: `t:${store.thread}` }[kind];
  const key = `${store.me} ${spot}`;
  return {
    kind,
    key,
    fail: (text) => pane.fail(text),
    focus: () => (kind === "notices" ? pane.scroller : pane.composer).focus(),
    openThread: kind === "channel" ? openThread : undefined,
    changed: kind === "thread" ? soonReplies : soonMessages,
  };
}

async function say(text, files, threadId) {
  const place = placeOf(threadId === null ? "channel" : "thread");
  const from = { as: store.me, place: place.key, source: text };
  if (store.me === null) throw new Error("Add a persona first: someone has to say it.");
  if (/^\/study(\s|$)/.test(text) && files.length === 0) {
    takeReply(from, await post("command", { as: store.me, channel: store.channel, text }));
    return;
  }
  const body = { as: store.me, channel: store.channel, text };
  if (threadId !== null) body.thread = threadId;
  if (files.length > 0) body.files = files;
  await post("say", body);
  (threadId === null ? middle : thread).toEnd();
  place.changed();
}

function choosePersona(id) {
  store.unreadThreads.clear();
  update({ me: id, notices: [] });
  showMenu(false);
  load();
}

function chooseChannel(id) {
  const stays = same(id, store.channel);
  store.unreadChannels.delete(String(id));
  const left = stays ? {} : { thread: null, messages: [], replies: [] };
  update({ view: "channel", channel: id, shown: { ...store.shown, channel: PAGE_SIZE }, ...left });
  showMenu(false);
  load();
}

function showNotices() {
  markNoticesRead(store.notices);
  update({ view: "notices" });
  showMenu(false);
}

function openThread(id) {
  store.unreadThreads.delete(String(id));
  const left = same(id, store.thread) ? {} : { replies: [], shown: { ...store.shown, thread: PAGE_SIZE } };
  update({ thread: id, ...left });
  load();
  queueMicrotask(() => thread.composer.focus());
}

function closeThread() {
  update({ thread: null, replies: [] });
  middle.composer.focus();
}

function load() {
  isReady = false;
  loadLists().then(showReady, showTrouble);
}

function draw() {
  document.title = [me()?.name, openChannel() && `#${openChannel().name}`, "studybot demo"].filter(Boolean).join(" · ");
  root("middle").dataset.view = store.view;
  rail.draw();
  clockBar.tick();
  if (store.view === "notices") drawNotices();
  else drawChannel();
  drawThread();
  announce();
}

function drawChannel() {
  const channel = openChannel();
  const place = placeOf("channel");
  drawHead(middle, h("h1", null, h("span", { class: "hash" }, "#"), h("bdi", null, channel?.name ?? "")), menuButton());
  middle.composer.node.hidden = false;
  middle.composer.moveTo({ key: place.key, label: `Message #${channel?.name ?? ""}`, hint: "Enter sends, Shift and Enter start a new line, / lists the commands." });
  const empty = "No messages yet. Move the clock to the next event, or type /study help.";
  middle.draw({ place, messages: store.messages, ready: isReady, empty });
}

function drawNotices() {
  drawHead(middle, h("h1", null, "Notices for you"), menuButton());
  middle.composer.node.hidden = true;
  const empty = "Nothing so far. What studybot writes to you alone comes here.";
  middle.draw({ place: placeOf("notices"), messages: store.notices, ready: isReady, empty });
}

function drawThread() {
  side.hidden = store.thread === null;
  layout.classList.toggle("with-thread", !side.hidden);
  if (side.hidden) return;
  const place = placeOf("thread");
  const start = store.messages.find((message) => same(message.id, store.thread));
  const channel = h("span", { class: "quiet" }, "#", h("bdi", null, openChannel()?.name ?? ""));
  drawHead(thread, h("h1", null, "Thread ", channel), null, iconButton("close", "Close the thread", closeThread));
  const hint = start?.author.bot ? ANSWER_HINT : "Everyone in the channel can read this.";
  thread.composer.moveTo({ key: place.key, label: "Reply in the thread", hint });
  thread.draw({ place, messages: store.replies, first: start ? startItems(start, place) : [], day: start?.at, ready: isReady, empty: "" });
}

// The message that the thread hangs from, and a line below it with the number of replies.
function startItems(start, place) {
  const count = store.replies.length;
  const line = () => h("li", { class: "day" }, h("span", null, repliesText(count)));
  return [messageItem(start, false, place), { key: "replies", sig: String(count), make: line }];
}

function drawHead(pane, title, before, after) {
  const sig = `${title.textContent} ${store.me} ${me()?.name}`;
  if (pane.head.dataset.sig === sig) return;
  pane.head.dataset.sig = sig;
  pane.head.replaceChildren(...[before, title, after].filter(Boolean));
}

// On narrow screens the rail opens from here; it also tells who the page speaks for.
function menuButton() {
  const button = iconButton("menu", "People and channels", () => showMenu(true), { class: "icon-button menu-button" });
  const persona = me();
  if (persona) button.append(avatar(persona));
  return button;
}

function showMenu(open) {
  layout.classList.toggle("menu-open", open);
  root("shade").hidden = !open;
  if (open) root("rail").querySelector("[aria-current]")?.focus();
}

function drawTip() {
  const read = () => {
    node.hidden = true;
    try {
      localStorage.setItem(TIP_KEY, "1");
    } catch {
      // Forbidden storage: the tip comes back with the next visit.
    }
  };
  const node = h("div", { class: "tip", role: "note" }, h("p", null, TIP), iconButton("close", "Dismiss the tip", read));
  try {
    node.hidden = localStorage.getItem(TIP_KEY) === "1";
  } catch {
    node.hidden = false;
  }
  return node;
}

/** Tells screen readers what came into the open places since the last drawing. */
function announce() {
  const now = new Map();
  for (const [place, list] of [[placeOf("channel").key, store.messages], [placeOf("thread").key, store.replies]]) {
    const panel = panelsAt(place).at(-1);
    now.set(place, { last: list.at(-1)?.id, panel: panel?.shown ?? 0, ready: isReady });
    const before = announced.get(place);
    if (before?.ready && isReady) speak(list.slice(list.findIndex((message) => same(message.id, before.last)) + 1));
    if (before && panel?.shown > before.panel) sayAloud([`Only you see this: ${panel.text ?? ""}`]);
  }
  announced = now;
}

function speak(messages) {
  const fresh = messages.filter((message) => !same(message.author.id, store.me));
  if (fresh.length === 0) return;
  if (fresh.length > MAX_ANNOUNCED) sayAloud([`${fresh.length} new messages`]);
  else sayAloud(fresh.map((message) => `${message.author.name}: ${(message.text ?? "").slice(0, 200)}`));
}

function sayAloud(texts) {
  root("live").replaceChildren(...texts.map((text) => h("p", null, text)));
}

function showLost() {
  banner.textContent = "Connection lost, trying again";
  banner.hidden = false;
}

function showTrouble(error) {
  if (error instanceof Refusal) middle.fail(error.message);
  else showLost();
}

function showReady() {
  isReady = true;
  update({});
}

function onUp() {
  loadAll().then(() => {
    banner.hidden = true;
    showReady();
  }, showTrouble);
}

onChange(draw);
root("shade").addEventListener("click", () => showMenu(false));
document.addEventListener("keydown", (event) => event.key === "Escape" && showMenu(false));
addEventListener("beforeunload", (event) => (hasUnsentForm() || document.querySelector("[data-held]")) && event.preventDefault());
listen(
  {
    message: (event) => {
      onMessageEvent(event);
      soonState();
    },
    clock: ({ now }) => {
      setNow(now);
      soonState();
    },
    state: soonState,
    notice: ({ to }) => same(to, store.me) && soonMessages(),
  },
  onUp,
  showLost,
);
