// Keeps the store at what the program holds: fetches what an event or an action touched, each list at most twice a second.

import { get, Refusal } from "./api.js";
import { openChannel, remember, same, store, update } from "./store.js";
import { setNow } from "./time.js";

const GAP_MS = 500;

let askedMessages = 0;
let takenMessages = 0;
let askedReplies = 0;
let takenReplies = 0;

/** Fetches soon, never more often than every `GAP_MS`, and never twice at once. */
function throttle(run) {
  let timer = 0;
  let last = -Infinity;
  let running = false;
  let again = false;
  async function go() {
    timer = 0;
    if (running) {
      again = true;
      return;
    }
    running = true;
    last = performance.now();
    // A failed fetch is told by the lost connection; the next event or reconnect fetches again.
    await run().catch(() => {});
    running = false;
    if (again) {
      again = false;
      soon();
    }
  }
  function soon() {
    timer ||= setTimeout(go, Math.max(0, last + GAP_MS - performance.now()));
  }
  return soon;
}

/** Asks for people, channels, the time and what is due. */
export async function loadState() {
  const state = await get("state");
  setNow(state.now);
  const personas = state.personas ?? [];
  const channels = state.channels ?? [];
  const due = [...(state.due ?? [])].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  update({
    personas,
    channels,
    due,
    me: known(personas, store.me),
    channel: known(channels, store.channel),
  });
}

function known(list, id) {
  return (list.find((one) => same(one.id, id)) ?? list[0])?.id ?? null;
}

/** Asks for the open channel's messages and the persona's notices. */
export async function loadMessages() {
  const { channel, me } = store;
  if (channel === null) return;
  const turn = (askedMessages += 1);
  const all = await get("messages", { channel, as: me });
  // Answers can overtake each other, and the place may have changed since.
  if (turn < takenMessages || !same(channel, store.channel) || !same(me, store.me)) return;
  takenMessages = turn;
  const notices = all.filter(isNotice);
  if (store.view === "notices") markNoticesRead(notices);
  update({ messages: all.filter((message) => !isNotice(message)), notices });
}

/** Asks for the open thread's replies. */
export async function loadReplies() {
  const { channel, me, thread } = store;
  if (channel === null || thread === null) return;
  const turn = (askedReplies += 1);
  const all = await get("messages", { channel, thread, as: me });
  if (turn < takenReplies || !same(thread, store.thread) || !same(me, store.me)) return;
  takenReplies = turn;
  update({ replies: all.filter((message) => !isNotice(message) && !same(message.id, thread)) });
}

export const soonState = throttle(loadState);
export const soonMessages = throttle(loadMessages);
export const soonReplies = throttle(loadReplies);

/** Fetches everything that is on the page. */
export async function loadAll() {
  await loadState();
  await loadLists();
}

/** Fetches both columns. */
export async function loadLists() {
  await Promise.all([loadMessages(), loadReplies().catch(leaveThread)]);
  const hasStart = store.messages.some((message) => same(message.id, store.thread));
  if (store.thread !== null && !hasStart && store.replies.length === 0) update({ thread: null });
}

// The tab may remember a thread of an earlier demo, or of one that was deleted.
function leaveThread(error) {
  if (!(error instanceof Refusal)) throw error;
  update({ thread: null, replies: [] });
}

function isNotice(message) {
  return String(message.channel).startsWith("dm:");
}

/** What a "message" event touches. */
export function onMessageEvent({ channel, thread }) {
  if (String(channel).startsWith("dm:")) {
    soonMessages();
    return;
  }
  const here = same(channel, openChannel()?.id);
  const inThread = thread !== null && thread !== undefined;
  if (!here || store.view !== "channel") store.unreadChannels.add(String(channel));
  if (here && inThread && same(thread, store.thread)) soonReplies();
  else if (inThread) store.unreadThreads.add(String(thread));
  // A reply changes the count at its thread's first message.
  if (here) soonMessages();
  else update({});
}

/** Notes that the persona has seen these notices. */
export function markNoticesRead(notices) {
  remember(noticesKey(), String(notices.at(-1)?.id ?? ""));
}

export function noticesKey() {
  return `seen.${store.me}`;
}
