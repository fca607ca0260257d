// The rows of the queue: which one is meant, from one to the next, taken out and put back.

import { announce, find, findAll } from "./dom.js";

const list = find("[data-queue]");
const link = (row) => find("[data-open]", row);
const isNarrow = () => !find(".list").checkVisibility();

export const rows = () => (list ? findAll("[data-row]", list) : []);

/** The row that keys are about: the one in focus, else the open one. */
export function current() {
  return document.activeElement.closest?.("[data-row]") ?? find(".queue-row.open");
}

export function focusRow(row) {
  if (!row || isNarrow()) return;
  link(row).focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

/** Go `step` rows on; from nowhere to the first. */
export function move(step) {
  const all = rows();
  const at = all.indexOf(current());
  focusRow(all[at < 0 ? 0 : at + step]);
}

/** Show which row is open; `null` for none. */
export function markOpen(row) {
  for (const other of rows()) {
    other.classList.toggle("open", other === row);
    if (other === row) link(other).setAttribute("aria-current", "true");
    else link(other).removeAttribute("aria-current");
  }
}

export const rowOf = (id) => rows().find((row) => row.dataset.row === id) ?? null;

export const following = (row) => row.nextElementSibling ?? row.previousElementSibling;

/** Take a row out; the function that is returned puts it back where it was. */
export function takeOut(row) {
  const { previousElementSibling: before } = row;
  row.remove();
  count(-1);
  return () => {
    if (before?.isConnected) before.after(row);
    else list.prepend(row);
    count(1);
  };
}

function count(step) {
  const total = find("[data-total]");
  total.textContent = Math.max(0, Number(total.textContent) + step);
  find("[data-nothing-left]").hidden = rows().length > 0;
  list.hidden = !rows().length;
  if (!rows().length) announce("这一页都处理完了");
}

export function enhanceList() {
  if (!list) return;
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    move(step);
  });
}
