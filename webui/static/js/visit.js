// From one search to the next without loading the page anew: fetch the page that the server would show and put its
// content in place of ours. Back and Forward bring back what was there. Anything unusual is left to the browser.

import { announce, element, find } from "./dom.js";
import { showPanelOf } from "./faq.js";

const PATIENCE_MS = 150; // before a skeleton says that something is coming
const KEPT = 30; // pages, for an agent who searches all day
const shelf = new Map(); // address → { content, view, title, y }: what Back shows, oldest first
const desk = find(".desk");
const listeners = [];
let request = new AbortController();
let here = location.href;

/** Call `listener` with the content whenever there is new one. */
export const onNewContent = (listener) => listeners.push(listener);

/** Whether this page can show searches itself. */
export const canVisit = () => desk !== null;

/** Show the search page at `address`; `how` it goes into the history: push or replace. */
export async function visit(address, how = "push") {
  request.abort();
  request = new AbortController();
  const { signal } = request;
  const waiting = setTimeout(showSkeleton, PATIENCE_MS);
  try {
    const answer = await fetch(address, { signal, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (signal.aborted) return;
    const main = find(".desk", page);
    if (!main) return location.assign(address);
    keep();
    history[`${how}State`](null, "", answer.url);
    show({ content: find("#content", main), view: main.dataset.view, title: page.title, y: 0 });
    showPanelOf(main);
  } catch {
    if (!signal.aborted) showTrouble(address);
  } finally {
    clearTimeout(waiting);
    if (!signal.aborted) find("#content").removeAttribute("aria-busy");
  }
}

function keep() {
  if (find(".skeleton")) return;
  shelf.delete(here);
  shelf.set(here, { content: find("#content"), view: desk.dataset.view, title: document.title, y: scrollY });
  if (shelf.size > KEPT) shelf.delete(shelf.keys().next().value);
}

function show({ content, view, title, y }) {
  find("#content").replaceWith(content);
  desk.dataset.view = view;
  delete desk.dataset.faqOpen;
  document.title = title;
  here = location.href;
  scrollTo(0, y);
  announce(find("h1", content)?.textContent ?? "");
  for (const listener of listeners) listener(content);
}

function showSkeleton() {
  keep();
  const lines = () => element("div", { class: "card skeleton" }, ...Array.from({ length: 4 }, () => element("i")));
  const content = element("div", { id: "content", tabindex: "-1", "aria-busy": "true" }, lines(), lines(), lines());
  find("#content").replaceWith(content);
  desk.dataset.view = "results";
}

function showTrouble(address) {
  find("#content > .offline")?.remove();
  const again = element("a", { href: address, "data-swap": true }, "再试一次");
  const notice = element("p", { class: "notice bad offline", role: "alert" }, "连不上服务器，请检查网络。速查里的话术仍可复制。", again);
  const before = shelf.get(here);
  if (find(".skeleton") && before) show(before);
  find("#content").prepend(notice);
}

/** Go by links marked `data-swap` within the page, and come back. */
export function enhanceLinks() {
  if (!desk) return;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    visit(link.href).then(() => find("#content").focus({ preventScroll: true }));
  });
  addEventListener("popstate", () => {
    if (location.href.replace(/#.*/, "") === here.replace(/#.*/, "")) return;
    request.abort();
    const kept = shelf.get(location.href);
    if (!kept) return location.reload();
    keep();
    show(kept);
    restoreBox();
  });
  history.scrollRestoration = "manual";
}

/** The search box says what the address asks for. */
function restoreBox() {
  const asked = new URL(location.href).searchParams;
  const { elements } = find("[data-search]");
  for (const name of ["q", "product", "channel"]) elements[name].value = asked.get(name) ?? "";
}
