// What the page knows at present, and the one place that says that it changed. It draws nothing and calls nobody.

/** How many messages a list shows at first, and how many more each "Show earlier". */
export const PAGE_SIZE = 300;

export const store = {
  personas: [],
  channels: [],
  due: [],
  /** The chosen persona's id. */
  me: recall("me"),
  channel: recall("channel"),
  /** "channel" or "notices": what the middle column shows. */
  view: "channel",
  /** The id of the message whose thread is open. */
  thread: recall("thread"),
  messages: [],
  replies: [],
  notices: [],
  shown: { channel: PAGE_SIZE, thread: PAGE_SIZE, notices: PAGE_SIZE },
  /** Channels and threads in which something happened unseen. */
  unreadChannels: new Set(),
  unreadThreads: new Set(),
};

let listener = () => {};
let planned = false;

/** Has `draw` called after changes, once for all changes of a moment. */
export function onChange(draw) {
  listener = draw;
}

/** Takes over the given keys and draws the page again soon. */
export function update(part) {
  Object.assign(store, part);
  remember("me", store.me);
  remember("channel", store.channel);
  remember("thread", store.thread);
  if (planned) return;
  planned = true;
  queueMicrotask(() => {
    planned = false;
    listener();
  });
}

/** The persona the page speaks for, if any. */
export function me() {
  return store.personas.find((persona) => same(persona.id, store.me));
}

/** A known person's present name. */
export function personName(id) {
  return store.personas.find((persona) => same(persona.id, id))?.name;
}

/** The open channel, if any. */
export function openChannel() {
  return store.channels.find((channel) => same(channel.id, store.channel));
}

/** Whether two ids are the same, however JSON wrote them. */
export function same(one, other) {
  return one !== null && one !== undefined && String(one) === String(other);
}

/** A text kept for this tab, or null. Storage may be forbidden: then the page forgets, and works. */
export function recall(key) {
  try {
    return sessionStorage.getItem(`studybot.${key}`);
  } catch {
    return null;
  }
}

/** Keeps a text for this tab; an empty one is forgotten. */
export function remember(key, text) {
  try {
    if (text) sessionStorage.setItem(`studybot.${key}`, String(text));
    else sessionStorage.removeItem(`studybot.${key}`);
  } catch {
    // Forbidden storage costs only the memory across reloads.
  }
}
