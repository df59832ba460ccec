// The neutral parts of the bot's messages (`domain/message.rs`), drawn as elements.

import { h } from "./dom.js";
import { drawMarkdown, safeLink } from "./markdown.js";
import { personName } from "./store.js";
import { timeNode } from "./time.js";

/** What a message or panel says: its blocks where it has them, else its plain text. */
export function drawContent({ blocks, text }) {
  if (Array.isArray(blocks) && blocks.length > 0) return h("div", { class: "blocks" }, ...blocks.flatMap(drawBlock));
  return text ? h("p", { class: "plain", dir: "auto" }, text) : null;
}

const BLOCKS = {
  heading: (block) => h("h2", { class: "heading", dir: "auto" }, block.text),
  line: (block) => h("p", { class: "line", dir: "auto" }, ...drawSpans(block.spans)),
  note: (block) => h("p", { class: "note", dir: "auto" }, ...drawSpans(block.spans)),
  list: (block) => h(block.numbered ? "ol" : "ul", null, ...block.items.map((spans) => h("li", { dir: "auto" }, ...drawSpans(spans)))),
  markdown: (block) => h("div", { class: "markdown" }, ...drawMarkdown(block.text)),
  quote: (block) => h("blockquote", { class: "quote", dir: "auto" }, block.text),
  spoiler: (block) =>
    h("details", { class: "spoiler" }, h("summary", null, block.label), h("div", { class: "blocks" }, ...block.blocks.flatMap(drawBlock))),
  links: (block) => h("ul", { class: "links" }, ...block.links.map((link) => h("li", null, safeLink(link.url, link.title)))),
  bars: (block) => h("div", { class: barsClass(block.rows), role: "list" }, ...block.rows.map(drawBar)),
};

const SPANS = {
  plain: (span) => span.text,
  bold: (span) => h("strong", null, span.text),
  code: (span) => h("code", null, span.text),
  time: (span) => timeNode(span.at, span.style),
  person: (span) => h("bdi", { class: "person" }, personName(span.person) ?? span.name),
};

function drawBlock(block) {
  return BLOCKS[block.kind]?.(block) ?? [];
}

function drawSpans(spans) {
  return spans.map((span) => SPANS[span.kind]?.(span) ?? "");
}

// Long labels get a line of their own, so that nobody has to guess how they end.
const LONG_LABEL = 22;

function barsClass(rows) {
  return rows.some((row) => row.label.length > LONG_LABEL) ? "bars stacked" : "bars";
}

function drawBar(row) {
  const fill = h("span", { class: "bar-fill" });
  fill.style.inlineSize = `${Math.min(100, (100 * row.value) / Math.max(1, row.max))}%`;
  return h(
    "div",
    { class: "bar", role: "listitem" },
    h("span", { class: "bar-lead" }, row.lead),
    h("bdi", { class: "bar-label", title: row.label }, row.label),
    h("span", { class: "bar-track", "aria-hidden": "true" }, fill),
    h("span", { class: "bar-note" }, row.note),
  );
}
