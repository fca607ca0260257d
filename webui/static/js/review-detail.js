// What stands beside the list: fetched when a row is opened, taken from the page that the server would show alone.

import { announce, element, find } from "./dom.js";
import { current, focusRow, markOpen, rowOf, rows } from "./review-list.js";

const PATIENCE_MS = 150; // before a skeleton says that something is coming
const screen = find(".review");
const empty = find("#detail").dataset.detail ? null : find("#detail");
let request = new AbortController();

export const openId = () => find("#detail").dataset.detail ?? null;
export const isOpen = (row) => row.dataset.row === openId();

/** Put the detail of `page`, a document, in place of the one that is shown. */
export function show(page) {
  const fresh = document.adoptNode(find("#detail", page));
  const heldFocus = find("#detail").contains(document.activeElement);
  find("#detail").replaceWith(fresh);
  screen.toggleAttribute("data-open-item", Boolean(fresh.dataset.detail));
  markOpen(rowOf(fresh.dataset.detail));
  if (heldFocus) fresh.focus({ preventScroll: true });
  return fresh;
}

/** Open a row; resolves to whether it is shown now. */
export async function opened(row) {
  request.abort();
  request = new AbortController();
  const { signal } = request;
  const link = find("[data-open]", row);
  const waiting = setTimeout(() => showSkeleton(row), PATIENCE_MS);
  try {
    const answer = await fetch(alone(link.href, row.dataset.row), { signal, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (signal.aborted) return false;
    if (!find("#detail", page)) return location.assign(link.href);
    const detail = show(page);
    history.replaceState(null, "", link.href);
    followOn(row);
    if (find(".list").checkVisibility()) focusRow(row);
    else bringToTop(detail);
    announce(`已打开：${link.textContent}`);
    return true;
  } catch {
    if (!signal.aborted) showTrouble(link);
    return false;
  } finally {
    clearTimeout(waiting);
  }
}

/** The page of one article that keeps what the list's address says. */
function alone(address, id) {
  const there = new URL(address);
  there.searchParams.delete("open");
  there.pathname = `${there.pathname}/${encodeURIComponent(id)}`;
  return there;
}

/** Without the keys' script, the server would be told which row comes next. */
function followOn(row) {
  const next = row.nextElementSibling?.dataset.row ?? "";
  for (const field of document.querySelectorAll("#detail [name=next]")) field.value = next;
}

function bringToTop(detail) {
  detail.focus({ preventScroll: true });
  detail.scrollIntoView({ block: "start" });
}

function blank(...children) {
  const pane = element("section", { class: "card detail", id: "detail", tabindex: "-1", "aria-label": "打开的知识" }, ...children);
  find("#detail").replaceWith(pane);
  screen.toggleAttribute("data-open-item", true);
}

function showSkeleton(row) {
  markOpen(row);
  blank(element("div", { class: "skeleton" }, ...Array.from({ length: 6 }, () => element("i"))));
  find("#detail").setAttribute("aria-busy", "true");
}

function showTrouble(link) {
  const again = element("a", { href: link.href }, "再试一次");
  blank(element("p", { class: "notice bad", role: "alert" }, "连不上服务器，没有打开。", again));
}

/** Fold a question, and go back to where it was asked from. */
export function fold(asking) {
  asking.open = false;
  find("summary", asking).focus();
}

/** Fold what is asked, else go back to the list. */
export function close() {
  const asking = find("#detail details[open][data-asks]");
  if (asking) return fold(asking);
  if (!openId()) return undefined;
  const row = current() ?? rows()[0];
  leave();
  return focusRow(row);
}

/** Nothing is open any more. */
export function leave() {
  const there = new URL(location.href);
  there.searchParams.delete("open");
  there.searchParams.delete("done");
  history.replaceState(null, "", there);
  if (empty) find("#detail").replaceWith(empty);
  else blank(element("p", { class: "muted" }, "从清单里打开一条。"));
  screen.removeAttribute("data-open-item");
  markOpen(null);
}

/** After loading: the row that is open comes into sight and is where keys begin. */
export function reopen() {
  const row = rowOf(openId());
  if (row) focusRow(row);
}

export function enhanceDetail() {
  document.addEventListener("click", (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest("[data-open], [data-close]");
    if (!link) return;
    event.preventDefault();
    if (link.matches("[data-open]")) opened(link.closest("[data-row]"));
    else close();
  });
}
