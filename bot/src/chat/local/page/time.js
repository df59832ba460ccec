// The demo's clock as the page knows it, and how times are written. The words are English like the page; the zone is the reader's.

const LANGUAGE = "en-GB";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const titleFormat = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "full", timeStyle: "long" });
const clockFormat = new Intl.DateTimeFormat(LANGUAGE, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayFormat = new Intl.DateTimeFormat(LANGUAGE, { weekday: "short", day: "numeric", month: "short", year: "numeric" });
const relativeFormat = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "always" });

// The browser's wall clock plays no part: the demo's clock may be days ahead of it.
let told = { at: Date.now(), seen: performance.now() };

/** Takes over the chat's time. */
export function setNow(at) {
  told = { at: millis(at), seen: performance.now() };
}

/** The chat's time in milliseconds, going on from what it last told. */
export function chatNow() {
  return told.at + performance.now() - told.seen;
}

/** Milliseconds of a time in milliseconds or RFC 3339. */
export function millis(at) {
  return typeof at === "number" ? at : Date.parse(at);
}

/** "Mon 23 Nov", with the year where it is not the chat's. */
export function dayText(at) {
  const day = dayParts(at);
  const year = day.year === dayParts(chatNow()).year ? "" : ` ${day.year}`;
  return `${day.weekday} ${day.day} ${day.month}${year}`;
}

/** "09:00" */
export function clockText(at) {
  return clockFormat.format(millis(at));
}

/** "Mon 23 Nov, 09:00" */
export function fullText(at) {
  return `${dayText(at)}, ${clockText(at)}`;
}

/** "7 h 59 min": the two largest units, cut off. */
export function durationText(milliseconds) {
  if (milliseconds < MINUTE) return "less than a minute";
  const days = Math.floor(milliseconds / DAY);
  const hours = Math.floor((milliseconds % DAY) / HOUR);
  const minutes = Math.floor((milliseconds % HOUR) / MINUTE);
  const units = [[days, "d"], [hours, "h"], [minutes, "min"]].filter(([count]) => count > 0).slice(0, 2);
  return units.map(([count, unit]) => `${count} ${unit}`).join(" ");
}

/** A `<time>` in one of the styles full and relative ("in 3 hours", in brackets); its title gives the whole date. */
export function timeNode(at, style) {
  const node = document.createElement("time");
  const instant = new Date(millis(at));
  if (Number.isNaN(instant.getTime())) return node;
  node.dateTime = instant.toISOString();
  node.title = titleFormat.format(instant);
  if (style === "relative") node.dataset.relative = "";
  node.textContent = written(instant.getTime(), style);
  return node;
}

/** Brings every relative time on the page up to the chat's time. */
export function refreshRelative() {
  for (const node of document.querySelectorAll("time[data-relative]")) {
    const text = ` (${relativeText(Date.parse(node.dateTime))})`;
    if (node.textContent !== text) node.textContent = text;
  }
}

function written(at, style) {
  if (style === "relative") return ` (${relativeText(at)})`;
  return fullText(at);
}

function relativeText(at) {
  const distance = at - chatNow();
  const minutes = Math.round(distance / MINUTE);
  if (minutes === 0) return "now";
  if (Math.abs(minutes) < 60) return relativeFormat.format(minutes, "minute");
  const hours = Math.round(distance / HOUR);
  if (Math.abs(hours) < 36) return relativeFormat.format(hours, "hour");
  return relativeFormat.format(Math.round(distance / DAY), "day");
}

function dayParts(at) {
  return Object.fromEntries(dayFormat.formatToParts(millis(at)).map((part) => [part.type, part.value]));
}
