// A column with a list of messages that keeps its place while it grows, and room below for errors and a composer.

import { panelsAt } from "./actions.js";
import { h, icon, iconButton, patch } from "./dom.js";
import { messageItems, panelItem } from "./messages.js";
import { PAGE_SIZE, store, update } from "./store.js";

/** Nearer to the end than this, the list follows what arrives. */
const NEAR_END_PX = 90;

export class Pane {
  /** Fills `root`; `composer` may be missing. */
  constructor(root, composer) {
    this.root = root;
    this.composer = composer;
    this.key = "";
    this.last = undefined;
    this.shownPanel = 0;
    this.head = h("header", { class: "pane-head" });
    this.list = h("ol", { class: "messages" });
    this.empty = h("p", { class: "empty", hidden: true });
    this.scroller = h("div", { class: "scroller", tabindex: "-1", onscroll: () => this.onScroll() }, this.empty, this.list);
    this.jump = h("button", { type: "button", class: "jump", hidden: true, onclick: () => this.toEnd() }, icon("down"), "New messages");
    this.error = h("span", null);
    this.errorBar = h("p", { class: "error-bar", role: "alert", hidden: true }, this.error, iconButton("close", "Dismiss", () => this.fail("")));
    this.foot = h("div", { class: "pane-foot" }, this.errorBar, composer?.node);
    root.replaceChildren(this.head, h("div", { class: "scroll-box" }, this.scroller, this.jump), this.foot);
    // A composer that grows, or a form of the browser's own, must not push the end out of sight.
    this.wasAtEnd = true;
    new ResizeObserver(() => this.wasAtEnd && this.toEnd()).observe(this.scroller);
    if (composer) composer.onProblem = (text) => this.fail(text);
  }

  /** Shows an error above the composer until the next success; an empty text takes it away. */
  fail(text) {
    this.error.textContent = text;
    this.errorBar.hidden = text === "";
  }

  /** Draws {place, messages, first?, day?, empty, ready?}: `first` are items that stand above the messages, of the date of `day`. */
  draw({ place, messages, first = [], day, empty, ready = true }) {
    const moved = place.key !== this.key;
    const stick = moved || this.isAtEnd();
    if (moved) this.fail("");
    this.key = place.key;
    const limit = store.shown[place.kind];
    const visible = messages.slice(-limit);
    const panels = panelsAt(place.key);
    const items = [
      ...first,
      ...(visible.length < messages.length ? [this.earlierItem(place.kind, messages.length - visible.length)] : []),
      ...messageItems(visible, place, day),
      ...panels.map((panel) => panelItem(panel, place)),
    ];
    patch(this.list, items);
    this.empty.textContent = empty;
    this.empty.hidden = !ready || items.length > first.length;
    this.follow(moved, stick, messages, panels);
  }

  earlierItem(kind, hidden) {
    const more = Math.min(hidden, PAGE_SIZE);
    const show = () => {
      // Keeps what is being read where it is: the distance to the end stays the same.
      const below = this.scroller.scrollHeight - this.scroller.scrollTop;
      update({ shown: { ...store.shown, [kind]: store.shown[kind] + PAGE_SIZE } });
      requestAnimationFrame(() => (this.scroller.scrollTop = this.scroller.scrollHeight - below));
    };
    const make = () =>
      h(
        "li",
        { class: "earlier" },
        h("button", { type: "button", class: "button", onclick: show }, `Show ${more} earlier`),
        h("span", { class: "quiet" }, `${hidden.toLocaleString("en-GB")} not shown`),
      );
    return { key: "earlier", sig: `${kind} ${hidden}`, make };
  }

  follow(moved, stick, messages, panels) {
    const newest = messages.at(-1)?.id;
    const before = this.last;
    const grew = newest !== undefined && newest !== before;
    this.last = newest;
    const panel = panels.findLast((one) => one.shown > this.shownPanel);
    this.shownPanel = Math.max(this.shownPanel, ...panels.map((one) => one.shown));
    if (moved || before === undefined) this.toEnd();
    else if (panel) this.reveal(this.node(panel.key));
    else if (grew && stick) this.reveal(this.node(`message-${before}`)?.nextElementSibling);
    else if (grew) this.jump.hidden = false;
    else if (stick) this.toEnd();
  }

  // The end of the list, but never so far that what is new starts above the edge.
  reveal(node) {
    this.toEnd();
    if (!node) return;
    const above = this.scroller.getBoundingClientRect().top - node.getBoundingClientRect().top;
    if (above > -12) this.scroller.scrollTop -= above + 12;
  }

  node(key) {
    return this.list.querySelector(`:scope > [data-key="${CSS.escape(key)}"]`);
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.jump.hidden = true;
  }

  isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  }

  onScroll() {
    this.wasAtEnd = this.isAtEnd();
    if (this.wasAtEnd) this.jump.hidden = true;
  }
}
