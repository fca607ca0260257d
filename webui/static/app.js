// What JavaScript adds to pages that are complete without it: suggestions while typing, copying, and notes for the
// statistics. Addresses and documents are those of the API's contract.

const API = "/api/v1";
const DEBOUNCE_MS = 80;
const COPIED_MS = 2000;

const form = document.querySelector("[data-search]");
const input = form.elements.q;
const channel = form.elements.channel;
const announcer = document.getElementById("announcer");

let startedAt = 0; // ms since the page was opened: when the agent began to look for something

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Tell the statistics what happened; survives leaving the page, and never gets in the way. */
function record(kind, id, position) {
  const ms = Math.round(performance.now() - startedAt);
  const body = JSON.stringify({ kind, id, query: input.value.trim().slice(0, 200) || null, position, ms });
  const headers = { "Content-Type": "application/json" };
  fetch(`${API}/events`, { method: "POST", headers, body, keepalive: true }).catch(() => {});
}

// --- suggestions: an ARIA combobox with a list, nothing chosen beforehand

const KIND_LABELS = { scenario: "问题场景", product: "产品类型", query: "常搜" };
const STATE_LABELS = { expired: "已失效", stale: "待复核", never_verified: "未审核", changed: "改后未审" };

const list = element("ul", { id: "suggestions", role: "listbox", "aria-label": "联想", class: "suggestions", hidden: "" });
let rows = []; // what the list shows
let active = -1; // index of the chosen row; -1: none, Enter searches for what was typed
let composing = false; // an input method is at work
let timer = 0;
let request = new AbortController();

/** Text with the [start, end) ranges of `marks`, counted in characters, in <mark>. */
function marked(text, marks) {
  const characters = Array.from(text);
  const pieces = [];
  let done = 0;
  for (const [start, end] of marks) {
    pieces.push(characters.slice(done, start).join(""));
    pieces.push(element("mark", {}, characters.slice(start, end).join("")));
    done = end;
  }
  return [...pieces, characters.slice(done).join("")];
}

function option(row, index) {
  const made = element("li", { id: `suggestion-${index}`, role: "option", "aria-selected": "false" });
  made.append(element("span", { class: "text" }, ...marked(row.text, row.marks)));
  const state = STATE_LABELS[row.freshness];
  if (state) made.append(element("span", { class: `badge ${row.freshness}` }, state));
  const place = row.kind === "article" ? `${row.product} › ${row.scenario}` : KIND_LABELS[row.kind];
  made.append(element("span", { class: "place" }, place));
  made.addEventListener("click", () => pick(index));
  return made;
}

function show(found) {
  rows = found;
  list.replaceChildren(...rows.map(option));
  list.hidden = rows.length === 0;
  input.setAttribute("aria-expanded", String(!list.hidden));
  choose(-1);
  announcer.textContent = rows.length ? `${rows.length} 条联想，按上下键选择` : "";
}

function choose(index) {
  list.children[active]?.setAttribute("aria-selected", "false");
  active = index;
  const chosen = list.children[active];
  if (chosen) {
    chosen.setAttribute("aria-selected", "true");
    chosen.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", chosen.id);
  } else {
    input.removeAttribute("aria-activedescendant");
  }
}

/** Forget what was asked for but has not come yet. */
function stop() {
  clearTimeout(timer);
  request.abort();
}

function close() {
  stop();
  show([]);
}

async function suggest() {
  request = new AbortController();
  const { signal } = request;
  try {
    const answer = await fetch(`${API}/suggest?${new URLSearchParams({ q: input.value, limit: 8 })}`, { signal });
    const found = answer.ok ? (await answer.json()).suggestions : [];
    if (!signal.aborted) show(found);
  } catch {
    if (!signal.aborted) show([]); // without suggestions one can still search
  }
}

function typed() {
  stop();
  if (!startedAt) startedAt = performance.now();
  if (input.value.trim()) timer = setTimeout(suggest, DEBOUNCE_MS);
  else show([]);
}

function pick(index) {
  const row = rows[index];
  close();
  if (row.kind === "article") {
    record("pick", row.id, index + 1);
    const query = channel.value ? `?${new URLSearchParams({ channel: channel.value })}` : "";
    location.assign(`/a/${encodeURIComponent(row.id)}${query}`);
  } else {
    input.value = row.text;
    form.requestSubmit();
  }
}

function pressed(event) {
  // Enter that ends a composition belongs to the input method; some browsers send it after compositionend.
  if (composing || event.isComposing || event.keyCode === 229) return;
  if (list.hidden) {
    if (event.key === "ArrowDown") typed();
    return;
  }
  const keys = {
    ArrowDown: () => choose(active + 1 < rows.length ? active + 1 : -1),
    ArrowUp: () => choose(active < 0 ? rows.length - 1 : active - 1),
    Enter: () => pick(active),
    Escape: close,
  };
  if (!keys[event.key] || (event.key === "Enter" && active < 0)) return;
  event.preventDefault();
  keys[event.key]();
}

function enhanceSearch() {
  const roles = { role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" };
  for (const [name, value] of Object.entries(roles)) input.setAttribute(name, value);
  input.after(list);
  input.addEventListener("compositionstart", () => { composing = true; });
  input.addEventListener("compositionend", () => {
    setTimeout(() => { composing = false; });
    typed();
  });
  input.addEventListener("input", (event) => { if (!event.isComposing) typed(); });
  input.addEventListener("keydown", pressed);
  input.addEventListener("blur", close);
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the focus in the box
  form.addEventListener("submit", close);
}

// --- copying scripts

/** Put `text` on the clipboard; the modern way exists on HTTPS and localhost only. */
async function toClipboard(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const box = element("textarea", { class: "sr-only", readonly: "" });
  box.value = text;
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  if (!done) throw new Error("copy refused");
}

function say(button, text) {
  button.textContent = text;
  announcer.textContent = text;
}

async function copy(button) {
  if (button.dataset.state === "expired" && !button.dataset.asked) {
    button.dataset.asked = "yes";
    say(button, "已失效，仍要复制？");
    return;
  }
  const script = button.closest("[data-script]").querySelector(".script-text");
  try {
    await toClipboard(script.textContent);
  } catch {
    say(button, "复制失败，请手动选择");
    return;
  }
  record("copy", button.dataset.copy, Number(button.dataset.position) || null);
  button.focus();
  say(button, "已复制");
  setTimeout(() => { button.textContent = "复制"; }, COPIED_MS);
}

// --- what happens on the whole page

enhanceSearch();
for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy]");
  if (button) copy(button);
  const link = target.closest("[data-pick]");
  if (link) record("pick", link.dataset.pick, Number(link.dataset.position));
});
