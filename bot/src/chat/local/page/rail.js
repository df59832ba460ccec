// The left rail: who the page speaks for, the channels, and the persona's notices.

import { post } from "./api.js";
import { ask, openForm } from "./dialogs.js";
import { avatar, h, icon, iconButton } from "./dom.js";
import { recall, same, store } from "./store.js";
import { loadState, noticesKey } from "./sync.js";

/** What the page has to say about itself. */
export const DEMO_NOTE = "This is a demo: everything stays on this computer, and the people are made up.";

const MAX_NAME = 60;

export class Rail {
  /** `go` is {persona(id), channel(id), notices(), fail(text)}. */
  constructor(root, go) {
    this.go = go;
    this.people = h("ul", { class: "rail-list people" });
    this.channels = h("div", null);
    this.notices = h("div", { class: "rail-section" });
    this.drawn = "";
    root.replaceChildren(
      h("p", { class: "brand" }, icon("book"), "studybot"),
      h("section", { class: "rail-section" }, h("h2", null, "You are"), this.people, this.addButton("Add a persona", () => this.addPersona())),
      h("section", { class: "rail-section" }, h("h2", null, "Channels"), this.channels, this.addButton("Add a channel", () => this.addChannel())),
      this.notices,
      h("p", { class: "rail-note" }, DEMO_NOTE),
    );
  }

  addButton(label, onclick) {
    return h("button", { type: "button", class: "rail-row add", onclick }, icon("add"), label);
  }

  /** Draws the rail again where something on it changed. */
  draw() {
    const { personas, channels, me, channel, view, unreadChannels } = store;
    const unseen = unseenNotices();
    const sig = JSON.stringify([personas, channels, me, channel, view, [...unreadChannels], unseen, store.notices.length]);
    if (sig === this.drawn) return;
    this.drawn = sig;
    const focused = document.activeElement?.dataset.focus;
    this.people.replaceChildren(...personas.map((persona) => this.drawPersona(persona)));
    this.channels.replaceChildren(...this.drawWorkspaces());
    this.notices.replaceChildren(this.drawNotices(unseen));
    if (focused?.startsWith("rail ")) document.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
  }

  drawPersona(persona) {
    const chosen = same(persona.id, store.me);
    const row = h(
      "button",
      {
        type: "button", class: "rail-row", "data-focus": `rail persona ${persona.id}`,
        "aria-current": chosen ? "true" : null, onclick: () => this.go.persona(persona.id),
      },
      avatar(persona),
      h("bdi", { class: "rail-name", title: persona.name }, persona.name),
      persona.admin ? h("span", { class: "badge" }, "organiser") : null,
    );
    const leave = chosen ? iconButton("leave", `Have ${persona.name} leave`, () => this.leave(persona)) : null;
    return h("li", null, row, leave);
  }

  drawWorkspaces() {
    const names = [...new Set(store.channels.map((channel) => channel.workspace))];
    return names.flatMap((name) => {
      const channels = store.channels.filter((channel) => channel.workspace === name);
      const rows = channels.map((channel) => h("li", null, this.drawChannel(channel)));
      const title = names.length > 1 ? h("h3", { class: "workspace", dir: "auto" }, name) : null;
      return [title, h("ul", { class: "rail-list" }, ...rows)].filter(Boolean);
    });
  }

  drawChannel(channel) {
    const chosen = store.view === "channel" && same(channel.id, store.channel);
    const news = store.unreadChannels.has(String(channel.id));
    return h(
      "button",
      {
        type: "button", class: news ? "rail-row unread" : "rail-row", "data-focus": `rail channel ${channel.id}`,
        "aria-current": chosen ? "page" : null, onclick: () => this.go.channel(channel.id),
      },
      h("span", { class: "hash", "aria-hidden": "true" }, "#"),
      h("bdi", { class: "rail-name", title: channel.name }, channel.name),
      news ? h("span", { class: "dot", role: "img", "aria-label": "New messages" }) : null,
    );
  }

  drawNotices(unseen) {
    const count = unseen || store.notices.length;
    return h(
      "button",
      {
        type: "button", class: unseen ? "rail-row unread" : "rail-row", "data-focus": "rail notices",
        "aria-current": store.view === "notices" ? "page" : null, onclick: () => this.go.notices(),
      },
      icon("bell"),
      h("span", { class: "rail-name" }, "Notices for you"),
      count > 0 ? h("span", { class: unseen ? "count new" : "count", "aria-label": unseen ? `${unseen} new` : `${count} in all` }, String(count)) : null,
    );
  }

  addPersona() {
    const fields = [
      { id: "name", label: "Name", max: MAX_NAME, required: true, value: "" },
      { id: "admin", label: "Organises the channel", check: true, value: false },
    ];
    openForm({ title: "Add a persona", fields }, async ({ name, admin }) => {
      const known = new Set(store.personas.map((persona) => String(persona.id)));
      await post("persona", { name: name.trim(), admin });
      await loadState();
      const fresh = store.personas.find((persona) => !known.has(String(persona.id)));
      if (fresh) this.go.persona(fresh.id);
    }, "Add");
  }

  addChannel() {
    const fields = [{ id: "name", label: "Name", max: MAX_NAME, required: true, value: "" }];
    openForm({ title: "Add a channel", fields }, async ({ name }) => {
      const known = new Set(store.channels.map((channel) => String(channel.id)));
      await post("channel", { name: name.trim().replace(/^#/, "") });
      await loadState();
      const fresh = store.channels.find((channel) => !known.has(String(channel.id)));
      if (fresh) this.go.channel(fresh.id);
    }, "Add");
  }

  async leave(persona) {
    const text = `${persona.name} is gone from the channels then, as somebody who leaves the team would be.`;
    if (!(await ask({ title: `Have ${persona.name} leave?`, text, yes: "Leave", no: "Stay" }))) return;
    try {
      await post("leave", { as: persona.id });
      await loadState();
      this.go.persona(store.me);
    } catch (error) {
      this.go.fail(error.message);
    }
  }
}

function unseenNotices() {
  const seen = recall(noticesKey());
  const at = store.notices.findIndex((notice) => same(notice.id, seen));
  return store.notices.length - 1 - at;
}
