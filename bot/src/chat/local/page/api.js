// Calls to the program's JSON interface, and its stream of events.

const SILENT = "The demo does not answer. Is the program still running?";
const RETRY_MS = 2000;
// A short hiccup should not flash a banner.
const QUIET_MS = 800;

/** The program answered, and said no. */
export class Refusal extends Error {}

/** `GET /api/<path>` with the given query; keys without a value are left out. */
export function get(path, query = {}) {
  const known = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  const search = new URLSearchParams(known).toString();
  return call(`/api/${path}${search ? `?${search}` : ""}`, { headers: { accept: "application/json" } });
}

/** `POST /api/<path>` with a JSON body. */
export function post(path, body) {
  return call(`/api/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

async function call(url, options) {
  let answer;
  try {
    answer = await fetch(url, { cache: "no-store", ...options });
  } catch {
    throw new Error(SILENT);
  }
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refusal(body?.error ?? `The demo refused this (status ${answer.status}).`);
  return body ?? {};
}

/**
 * Listens to `/api/events` for as long as the tab can be seen: browsers allow six connections a host, and each
 * persona may have a tab. `handlers` are by event name; `onUp` is called at every start, `onLost` when it is gone.
 */
export function listen(handlers, onUp, onLost) {
  let source = null;
  let quiet = 0;
  let retry = 0;

  function open() {
    close();
    source = new EventSource("/api/events");
    source.onopen = () => {
      clearTimeout(quiet);
      quiet = 0;
      onUp();
    };
    source.onerror = () => {
      quiet ||= setTimeout(onLost, QUIET_MS);
      // The browser tries again by itself, but not after an answer that is no stream.
      if (source.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_MS);
    };
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => handle(parse(event.data)));
    }
  }

  function close() {
    clearTimeout(retry);
    clearTimeout(quiet);
    quiet = 0;
    source?.close();
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  open();
}

function parse(data) {
  try {
    return JSON.parse(data) ?? {};
  } catch {
    return {};
  }
}
