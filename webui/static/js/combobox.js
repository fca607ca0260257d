// Suggestions below the search box: an ARIA combobox with a list, nothing chosen beforehand. Every keystroke asks at
// once and gives up the question before it, so a late answer is never shown.

import { announce, element, find, icon, marked } from "./dom.js";
import { goToHits } from "./hits.js";
import { looking, record } from "./statistics.js";
import { belongsToInputMethod } from "./typing.js";

const SHOWN = 8;
const ICONS = { article: "article", scenario: "folder", product: "folder", query: "search" };
const PLACES = { scenario: "问题场景", product: "产品类型", query: "大家在搜" };
const WARNINGS = { expired: "已失效", stale: "待复核", never_verified: "未审核", changed: "改后未审" };

const form = find("[data-search]");
const input = form.elements.q;
const list = element("ul", { id: "suggestions", role: "listbox", "aria-label": "联想", class: "suggestions", hidden: true });
let rows = []; // what the list shows
let active = -1; // index of the chosen row; -1: none, Enter searches for what was typed
let request = new AbortController();

function place(row) {
  if (row.kind === "scenario") return `${PLACES.scenario} · ${row.product}`;
  return PLACES[row.kind] ?? `${row.product} › ${row.scenario}`;
}

function option(row, index) {
  const made = element("li", { id: `suggestion-${index}`, role: "option", "aria-selected": "false" }, icon(ICONS[row.kind]));
  made.append(element("span", { class: "text" }, ...marked(row.text, row.marks)));
  if (row.question) made.append(element("span", { class: "asked" }, `“${row.question}”`)); // why it is offered
  const warning = WARNINGS[row.freshness];
  if (warning) made.append(element("span", { class: `badge ${row.freshness}` }, warning));
  made.append(element("span", { class: "place" }, place(row)));
  made.addEventListener("click", () => pick(index));
  return made;
}

function show(found) {
  rows = found;
  list.replaceChildren(...rows.map(option));
  list.hidden = rows.length === 0;
  input.setAttribute("aria-expanded", String(!list.hidden));
  choose(-1);
  announce(rows.length ? `${rows.length} 条联想，按上下键选择` : "");
}

function choose(index) {
  list.children[active]?.setAttribute("aria-selected", "false");
  active = index;
  const chosen = list.children[active];
  chosen?.setAttribute("aria-selected", "true");
  chosen?.scrollIntoView({ block: "nearest" });
  if (chosen) input.setAttribute("aria-activedescendant", chosen.id);
  else input.removeAttribute("aria-activedescendant");
}

/** Take the list away, and whatever was still asked for. */
export function close() {
  request.abort();
  if (!list.hidden) show([]);
}

async function suggest() {
  request.abort();
  request = new AbortController();
  const { signal } = request;
  let found = [];
  try {
    const answer = await fetch(`/api/v1/suggest?${new URLSearchParams({ q: input.value, limit: SHOWN })}`, { signal });
    if (answer.ok) found = (await answer.json()).suggestions;
  } catch {
    // without suggestions one can still search
  }
  if (!signal.aborted) show(found);
}

function typed() {
  looking(input.value);
  if (input.value.trim()) suggest();
  else close();
}

function pick(index) {
  const row = rows[index];
  close();
  if (row.kind === "article") {
    record("pick", row.id, index + 1);
    const channel = form.elements.channel.value;
    location.assign(`/a/${encodeURIComponent(row.id)}${channel && `?${new URLSearchParams({ channel })}`}`);
  } else {
    input.value = row.text;
    form.requestSubmit();
  }
}

/** Put a row's words into the box, as if they had been typed. */
function accept(index) {
  input.value = rows[index].text;
  typed();
}

const atTheEnd = () => input.selectionStart === input.value.length && input.selectionEnd === input.value.length;

const KEYS = {
  ArrowDown: () => choose(active + 1 < rows.length ? active + 1 : -1),
  ArrowUp: () => choose(active < 0 ? rows.length - 1 : active - 1),
  ArrowRight: () => accept(Math.max(active, 0)),
  Enter: () => pick(active),
  Escape: close,
};

function pressed(event) {
  if (belongsToInputMethod(event)) {
    if (event.key === "Enter" && !event.isComposing) event.preventDefault(); // or the form would be sent
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  if (list.hidden) return pressedAlone(event);
  if (!KEYS[event.key] || (event.key === "Enter" && active < 0) || (event.key === "ArrowRight" && !atTheEnd())) return;
  event.preventDefault();
  KEYS[event.key]();
}

/** Without suggestions: down to the hits for these words, or to suggestions; Escape out of the box. */
function pressedAlone(event) {
  if (event.key === "Escape") {
    close();
    find("#content").focus({ preventScroll: true });
  } else if (event.key === "ArrowDown" && input.value.trim()) {
    if (!goToHits(input.value)) suggest();
  } else return;
  event.preventDefault(); // Escape would empty the box
}

export function enhanceSearchBox() {
  const roles = { role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" };
  for (const [name, value] of Object.entries(roles)) input.setAttribute(name, value);
  input.after(list);
  input.addEventListener("input", (event) => { if (!event.isComposing) typed(); });
  input.addEventListener("compositionend", typed);
  input.addEventListener("keydown", pressed);
  input.addEventListener("blur", close);
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the focus in the box
  form.addEventListener("submit", close);
}
