// Markdown of question packs, drawn as elements: paragraphs, headings, lists, quotes, code, emphasis and https links.
// Anything else, HTML included, stays the text that it is.

import { h } from "./dom.js";

const MAX_DEPTH = 8;
const FENCE = /^ {0,3}(`{3,}|~{3,})[ \t]*([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*$/;
const RULE = /^ {0,3}(?:-[ \t]*){3,}$|^ {0,3}(?:\*[ \t]*){3,}$/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])([ \t]+)(.*)$/;
const QUOTE = /^ {0,3}> ?(.*)$/;
const ESCAPABLE = "\\`*_{}[]()#+-.!<>|~";

/** The elements of a Markdown text. */
export function drawMarkdown(text) {
  return drawLines(text.replace(/\r\n?/g, "\n").split("\n"), 0);
}

/** A link that leaves the page safely, or just its title where the address is not https. */
export function safeLink(url, ...title) {
  if (!isHttps(url)) return h("span", null, ...title);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...title);
}

/** Code in a box, with a button that copies it. */
export function codeBox(text, label) {
  const copy = h("button", { type: "button", class: "copy" }, "Copy");
  copy.addEventListener("click", () => copyText(copy, text));
  return h(
    "div",
    { class: "code-box" },
    h("div", { class: "code-head" }, h("span", null, label ?? ""), copy),
    h("pre", { dir: "ltr" }, h("code", null, text)),
  );
}

async function copyText(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed";
  }
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

function isHttps(url) {
  try {
    return new URL(url).protocol === "https:";
  } catch {
    return false;
  }
}

// Each reader takes what starts at line `at`, or answers null; the paragraph takes what nobody wants.
function drawLines(lines, depth) {
  if (depth > MAX_DEPTH) return [h("p", null, lines.join("\n"))];
  const nodes = [];
  let at = 0;
  while (at < lines.length) {
    if (lines[at].trim() === "") {
      at += 1;
      continue;
    }
    const read =
      readFence(lines, at) ?? readHeading(lines, at) ?? readRule(lines, at) ??
      readQuote(lines, at, depth) ?? readList(lines, at, depth) ?? readParagraph(lines, at);
    nodes.push(read.node);
    at = read.next;
  }
  return nodes;
}

function readFence(lines, at) {
  const open = FENCE.exec(lines[at]);
  if (!open) return null;
  const mark = open[1];
  const indent = lines[at].length - lines[at].trimStart().length;
  const code = [];
  let next = at + 1;
  while (next < lines.length && !closesFence(lines[next], mark)) {
    code.push(dedent(lines[next], indent));
    next += 1;
  }
  return { node: codeBox(code.join("\n"), open[2].trim()), next: next + 1 };
}

function closesFence(line, mark) {
  const text = line.trim();
  return text.length >= mark.length && text === mark[0].repeat(text.length);
}

function readHeading(lines, at) {
  const found = HEADING.exec(lines[at]);
  if (!found) return null;
  // A pack's headings stand below the page's own.
  const level = Math.min(Math.max(found[1].length + 1, 3), 6);
  return { node: h(`h${level}`, null, ...drawInline(found[2])), next: at + 1 };
}

function readRule(lines, at) {
  return RULE.test(lines[at]) ? { node: h("hr"), next: at + 1 } : null;
}

function readQuote(lines, at, depth) {
  const inner = [];
  let next = at;
  for (let found; next < lines.length && (found = QUOTE.exec(lines[next])); next += 1) inner.push(found[1]);
  return inner.length === 0 ? null : { node: h("blockquote", null, ...drawLines(inner, depth + 1)), next };
}

function readList(lines, at, depth) {
  const first = ITEM.exec(lines[at]);
  if (!first) return null;
  const numbered = /\d/.test(first[2]);
  const items = [];
  let next = at;
  while (next < lines.length) {
    const item = readItem(lines, next, numbered);
    if (!item) break;
    items.push(item.lines);
    next = item.next;
  }
  const start = numbered ? Number.parseInt(first[2], 10) : 1;
  const props = numbered && start !== 1 ? { start: String(start) } : null;
  const drawn = items.map((item) => h("li", null, ...drawItem(item, depth)));
  return { node: h(numbered ? "ol" : "ul", props, ...drawn), next };
}

// An item goes on over indented lines, blank lines between those, and unindented lines of its last paragraph.
function readItem(lines, at, numbered) {
  const found = ITEM.exec(lines[at]);
  if (!found || /\d/.test(found[2]) !== numbered || RULE.test(lines[at])) return null;
  const width = found[1].length + found[2].length + Math.min(found[3].length, 4);
  const inner = [found[4]];
  let next = at + 1;
  while (next < lines.length) {
    const blank = lines[next].trim() === "";
    if (blank && !isIndented(lines[next + 1], 2)) break;
    if (!blank && !isIndented(lines[next], 2) && (startsBlock(lines[next]) || inner.at(-1) === "")) break;
    inner.push(blank ? "" : dedent(lines[next], width));
    next += 1;
  }
  while (next < lines.length && lines[next].trim() === "" && ITEM.test(lines[next + 1] ?? "")) next += 1;
  return { lines: inner, next };
}

// A plain item reads better without a paragraph inside.
function drawItem(lines, depth) {
  const nodes = drawLines(lines, depth + 1);
  const [first, ...rest] = nodes;
  return first?.tagName === "P" ? [...first.childNodes, ...rest] : nodes;
}

function readParagraph(lines, at) {
  const text = [lines[at]];
  let next = at + 1;
  while (next < lines.length && lines[next].trim() !== "" && !startsBlock(lines[next])) {
    text.push(lines[next]);
    next += 1;
  }
  return { node: h("p", { dir: "auto" }, ...drawInline(joinLines(text))), next };
}

function startsBlock(line) {
  return [FENCE, HEADING, RULE, ITEM, QUOTE].some((start) => start.test(line));
}

// Line ends inside a paragraph are spaces, but two spaces or a backslash before one keep it.
function joinLines(lines) {
  return lines
    .map((line, at) => {
      if (at === lines.length - 1) return line.trim();
      const kept = / {2,}$|\\$/.test(line);
      return line.replace(/\\$/, "").trim() + (kept ? "\n" : " ");
    })
    .join("");
}

function isIndented(line, width) {
  return line !== undefined && line.trim() !== "" && line.length - line.trimStart().length >= width;
}

function dedent(line, width) {
  let cut = 0;
  while (cut < width && (line[cut] === " " || line[cut] === "\t")) cut += 1;
  return line.slice(cut);
}

function drawInline(text, depth = 0) {
  const nodes = [];
  // Markers without an end further on: remembered, so that a run of them costs one look each.
  const endless = new Set();
  let plain = "";
  let at = 0;
  const flush = () => {
    if (plain !== "") nodes.push(plain);
    plain = "";
  };
  while (at < text.length) {
    const read = depth > MAX_DEPTH ? null : readInline(text, at, depth, endless);
    if (read) {
      flush();
      nodes.push(read.node);
      at = read.next;
    } else if (text[at] === "\\" && at + 1 < text.length && ESCAPABLE.includes(text[at + 1])) {
      plain += text[at + 1];
      at += 2;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  flush();
  return nodes;
}

function readInline(text, at, depth, endless) {
  switch (text[at]) {
    case "`":
      return readCode(text, at, endless);
    case "*":
    case "_":
      return readEmphasis(text, at, depth, endless);
    case "[":
      return readLink(text, at, depth);
    case "<":
      return readAddress(text, at);
    case "\n":
      return { node: h("br"), next: at + 1 };
    default:
      return null;
  }
}

function readCode(text, at, endless) {
  const mark = runAt(text, at);
  if (endless.has(mark)) return textRun(mark, at);
  let end = text.indexOf(mark, at + mark.length);
  while (end >= 0 && runAt(text, end).length !== mark.length) end = text.indexOf(mark, end + runAt(text, end).length);
  if (end < 0) {
    endless.add(mark);
    return textRun(mark, at);
  }
  const code = text.slice(at + mark.length, end).replace(/^ (.*\S.*) $/s, "$1");
  return { node: h("code", null, code), next: end + mark.length };
}

function readEmphasis(text, at, depth, endless) {
  const run = runAt(text, at);
  const mark = run.slice(0, 2);
  const inWord = text[at] === "_" && /[\p{L}\p{N}]/u.test(text[at - 1] ?? "");
  if (endless.has(mark) || inWord || /^\s|^$/.test(text.slice(at + mark.length, at + mark.length + 1))) return textRun(run, at);
  const end = emphasisEnd(text, at + mark.length, mark);
  if (end < 0) {
    endless.add(mark);
    return textRun(run, at);
  }
  const inner = drawInline(text.slice(at + mark.length, end), depth + 1);
  return { node: h(mark.length === 2 ? "strong" : "em", null, ...inner), next: end + mark.length };
}

// Code spans and escapes inside are stepped over; a run of another length belongs to something inside.
function emphasisEnd(text, from, mark) {
  let at = from;
  while (at < text.length) {
    const run = runAt(text, at);
    if (text[at] === "\\") at += 2;
    else if (text[at] === "`") {
      const end = text.indexOf(run, at + run.length);
      at = end < 0 ? at + run.length : end + run.length;
    } else if (text[at] === mark[0]) {
      const fits = run.length === mark.length || run.length === 3;
      if (fits && at > from && !/\s/.test(text[at - 1])) return at + run.length - mark.length;
      at += run.length;
    } else at += 1;
  }
  return -1;
}

function readLink(text, at, depth) {
  const found = /^\[([^[\]]{1,300})\]\(((?:[^\s()]|\([^\s()]*\)){1,1000})\)/.exec(text.slice(at, at + 1400));
  if (!found || !isHttps(found[2])) return null;
  return { node: safeLink(found[2], ...drawInline(found[1], depth + 1)), next: at + found[0].length };
}

function readAddress(text, at) {
  const found = /^<(https:\/\/[^\s<>]{1,1000})>/.exec(text.slice(at, at + 1100));
  return found && isHttps(found[1]) ? { node: safeLink(found[1], found[1]), next: at + found[0].length } : null;
}

function runAt(text, at) {
  let end = at;
  while (text[end] === text[at]) end += 1;
  return text.slice(at, end);
}

function textRun(run, at) {
  return { node: run, next: at + run.length };
}
