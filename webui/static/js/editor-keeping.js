// Nothing that was written is lost: a copy stays in the browser until it is saved, through a crash, a closed tab, an
// expired login. Whoever opens the article again is offered it, with what differs.

import { element, find } from "./dom.js";
import { differing, fieldsOf, fillIn, labelOf, rested, written } from "./editor-fields.js";
import { goTo } from "./editor-tabs.js";
import { forGood } from "./memory.js";

const REST_MS = 1000;
let saved = "";
let leaving = false;

const shelf = (form) => `edit.${form.dataset.editor || "new"}`;
const now = (form) => JSON.stringify(written(form));

/** Whether something is written that the server doesn't have. */
export const isDirty = (form) => now(form) !== saved;

/** What is written is on the server, or leaves with the page that is being sent. */
export function nothingToLose(form) {
  saved = now(form);
  forGood.set(shelf(form), null);
}

/** Go without a warning; the copy stays. */
export function letGo() {
  leaving = true;
}

function keep(form) {
  if (isDirty(form)) forGood.set(shelf(form), { at: Date.now(), ...written(form) });
}

function offer(form, copy) {
  const box = find("[data-restore]", form);
  const differs = copy.mode === "source" ? ["源文件"] : differing(copy.fields, fieldsOf(form)).map((name) => labelOf(form, name));
  if (!differs.length) return forGood.set(shelf(form), null);
  const at = new Date(copy.at);
  const today = at.toDateString() === new Date().toDateString();
  const when = at.toLocaleString("zh-CN", { ...(today ? {} : { month: "numeric", day: "numeric" }), hour: "2-digit", minute: "2-digit" });
  const { draft, file } = form.elements;
  const older = copy.draft === draft.value && copy.file === file.value ? "" : "此后这一条有人改过，恢复后保存时会让你合并。";
  find("[data-restore-said]", box).replaceChildren(
    `有一份 ${when} 未保存的内容，与现在不同的是：`, element("b", {}, differs.join("、")), `。${older}`,
  );
  box.hidden = false;
  find("[data-restore-yes]", box).onclick = () => restore(form, copy, box);
  find("[data-restore-no]", box).onclick = () => {
    forGood.set(shelf(form), null);
    box.hidden = true;
  };
}

async function restore(form, copy, box) {
  if (!(await goTo(form, copy.mode))) return;
  if (copy.mode === "source") form.elements.source.value = copy.source;
  else fillIn(form, copy.fields);
  for (const name of ["draft", "file"]) form.elements[name].value = copy[name]; // the server notices when it is no longer so
  form.dispatchEvent(new Event("input", { bubbles: true }));
  box.hidden = true;
}

export function enhanceKeeping(form) {
  saved = now(form);
  const copy = forGood.get(shelf(form));
  if (form.hasAttribute("data-unsaved")) saved = ""; // the server gave back what it did not take
  else if (copy) offer(form, copy);
  const soon = rested(REST_MS, () => keep(form));
  form.addEventListener("input", soon);
  addEventListener("pagehide", () => keep(form));
  addEventListener("beforeunload", (event) => {
    if (!leaving && isDirty(form)) event.preventDefault();
  });
}
