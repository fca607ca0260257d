// Copying scripts: one press, the filled text, a question first when the answer has expired.

import { makeFillable, missing, textOf } from "./blanks.js";
import { element, find, findAll, icon, toast } from "./dom.js";
import { record } from "./statistics.js";

const DONE_MS = 1800;
const busy = new WeakSet(); // buttons at work, or still saying that it is done
const confirmed = new Set(); // expired articles that the agent has agreed to copy, until the page is left

/** Put `text` on the clipboard; the modern way exists on HTTPS and localhost only. */
async function toClipboard(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const box = element("textarea", { class: "sr-only", readonly: true });
  box.value = text;
  const focused = document.activeElement;
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  focused?.focus({ preventScroll: true });
  if (!done) throw new Error("copy refused");
}

/** Ask once whether an expired script is really wanted. */
function agreed(button) {
  const id = button.dataset.copy;
  if (button.dataset.state !== "expired" || confirmed.has(id)) return Promise.resolve(true);
  const dialog = find("#confirm");
  find("[data-confirm-detail]").textContent = `${button.dataset.reason}。发给客户之前请先找对接人核对；这次复制会被记下。`;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      if (dialog.returnValue) confirmed.add(id);
      resolve(dialog.returnValue === "yes");
    }, { once: true });
  });
}

function showDone(button) {
  const shown = [...button.childNodes];
  button.style.minWidth = `${button.offsetWidth}px`; // what stands beside it stays where it is
  button.classList.add("done");
  button.replaceChildren(icon("check"), ...(find(".label", button) ? ["已复制"] : []));
  setTimeout(() => {
    busy.delete(button);
    button.classList.remove("done");
    button.replaceChildren(...shown);
  }, DONE_MS);
}

/** Copy the script that `button` belongs to. A second press while the first is at work is none. */
export async function copy(button) {
  if (busy.has(button) || find("dialog[open]")) return;
  busy.add(button);
  if (!(await agreed(button)) || !(await copyScript(button))) busy.delete(button);
}

/** Copy without asking; resolves to whether it worked. */
async function copyScript(button) {
  const script = find(".script-text", button.closest("[data-script]"));
  const text = textOf(script);
  try {
    await toClipboard(text);
  } catch {
    toast("浏览器不让复制，请选中文字后按 Ctrl+C");
    return false;
  }
  showDone(button);
  const open = missing(text);
  const title = find(".name, h2 a", button.closest("[data-script]")); // one of many: say which
  const done = title ? `已复制“${title.textContent}”` : "已复制";
  toast(open.length ? `${done}。发送前请填好：${open.join("、")}` : done);
  record("copy", button.dataset.copy, Number(button.dataset.position) || null);
  return true;
}

/** The copy buttons that Alt+1…9 stand for: those in sight on what the page is about. */
export function numbered() {
  const root = find(':is(.desk[data-view="home"], .desk[data-faq-open]) #faq') ?? find("#content");
  return findAll("[data-copy]", root).filter((button) => button.checkVisibility()).slice(0, 9);
}

export function enhanceCopying() {
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-copy]");
    if (button) copy(button);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("input.blank")) return;
    copy(find("[data-copy]", event.target.closest("[data-script]")));
  });
  // Scripts in closed folds wait until they are opened: the FAQ panel has two hundred of them.
  document.addEventListener("toggle", ({ target }) => { if (target.open) makeFillable(target); }, true);
}
