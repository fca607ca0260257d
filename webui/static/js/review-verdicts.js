// Verdicts without leaving the page: the row goes, the next one is opened, and each can be taken back. What the server
// does not take, because somebody has changed the article, it explains in place of the detail; the note stays.

import { find, findAll, toast } from "./dom.js";
import { fold, leave, opened, openId, show } from "./review-detail.js";
import { focusRow, following, rowOf, takeOut } from "./review-list.js";
import { forNow } from "./memory.js";
import { renewed, token } from "./sending.js";
import { belongsToInputMethod } from "./typing.js";

const KEPT = 50;
const given = forNow.get("verdicts") ?? []; // { review, id }, the latest last; outlives a reload
const takenOut = new Map(); // id → puts its row back
let busy = false;

export const confirmOpen = () => find("#detail [data-key=c]")?.click();

/** Unfold what `key` asks for, and go there: to the note, or to the button where none is needed. */
export function ask(key) {
  const asking = find(`#detail [data-asks="${key}"]`);
  if (!asking) return;
  for (const other of findAll("#detail [data-asks]")) other.open = other === asking;
  find(key === "a" ? "button" : "textarea", asking).focus();
}

async function attempt(form, button) {
  const body = new FormData(form, button);
  body.set("csrf", token());
  return fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
}

/** Post a form of ours; resolves to what came of it. What did not is said: undefined when it was refused, null when
    nobody was reached. */
async function sent(form, button) {
  if (busy) return null;
  busy = true;
  try {
    let answer = await attempt(form, button);
    if (answer.status === 403 && (await renewed())) answer = await attempt(form, button);
    if (answer.ok) return await answer.json();
    await refused(answer);
    return undefined;
  } catch {
    toast("没有记下：连不上服务器，请稍后再试");
    return null;
  } finally {
    busy = false;
  }
}

async function refused(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (find("#detail [role=alert]", page)) return find("[role=alert]", show(page)).scrollIntoView({ block: "nearest" });
  if (answer.status === 401) return toast("没有记下：登录已过期，请在新标签页登录后再试");
  toast(find("[role=alert], .lost p", page)?.textContent.trim() ?? "没有记下，请刷新页面后再试");
}

async function give(form, button) {
  const id = openId();
  const told = await sent(form, button);
  if (!told) return;
  const row = rowOf(id);
  const next = row && following(row);
  if (row) takenOut.set(id, takeOut(row));
  given.push({ review: told.review, id });
  tell(told);
  toast(told.said, { label: "撤销", act: undoLast });
  if (openId() !== id) return; // another row has been opened meanwhile
  if (next) await opened(next);
  else leaveList();
}

/** The last row of the page is done: on to what follows, or say so. */
function leaveList() {
  leave();
  const first = find(".pages [rel]");
  if (first) location.assign(first.href.replace(/([?&])page=\d+/, "$1page=1"));
  else find("#queue-title")?.focus();
}

function remember() {
  forNow.set("verdicts", given.slice(-KEPT));
  find("[data-undo-last]").hidden = !given.length;
}

function tell({ progress }) {
  remember();
  find("[data-done]")?.remove();
  const week = find("#week");
  if (!week || !progress) return;
  week.max = progress.done + progress.left || 1;
  week.value = progress.done;
  find("#week-said").textContent = progress.said;
}

/** Take back the latest verdict. What the server refuses to take back is not tried again. */
export async function undoLast() {
  const form = find("#undo");
  const last = given.at(-1);
  if (busy) return;
  if (!last) {
    toast("没有可以撤销的结论");
    return;
  }
  form.elements.review.value = last.review;
  const told = await sent(form, null);
  if (told === null) return;
  given.pop();
  remember();
  if (!told) return;
  tell(told);
  toast(told.said);
  await backTo(last.id);
}

/** Put the row back where it was, and open it. */
async function backTo(id) {
  takenOut.get(id)?.();
  takenOut.delete(id);
  const row = rowOf(id);
  if (row) {
    await opened(row);
    return focusRow(row);
  }
  const there = new URL(location.href);
  there.searchParams.set("open", id);
  return location.assign(there);
}

export function enhanceVerdicts() {
  find("#content").addEventListener("submit", (event) => {
    if (!event.target.matches("[data-verdict]")) return;
    event.preventDefault();
    give(event.target, event.submitter);
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest("#detail [data-asks] [data-verdict]");
    if (!form || event.defaultPrevented || belongsToInputMethod(event)) return;
    if (event.key === "Escape") fold(form.closest("[data-asks]"));
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit(find("[name=verdict]", form));
    else return;
    event.preventDefault();
  });
  const undo = find("[data-undo-last]");
  if (!undo) return;
  undo.hidden = !given.length;
  undo.addEventListener("click", undoLast);
}
