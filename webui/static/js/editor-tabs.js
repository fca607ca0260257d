// 表单 | 源文件 | 预览: two ways to write the same article, and on narrow screens its looks. What was written one way is
// carried over to the other by the server, which knows the format; when it can't be read, the tab stays where it is.

import { find, findAll, toast } from "./dom.js";
import { fieldsOf, fillIn } from "./editor-fields.js";
import { compose } from "./editor-preview.js";

function show(form, name) {
  for (const tab of findAll("[data-tab]", form)) {
    const chosen = tab.dataset.tab === name;
    tab.classList.toggle("on", chosen);
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
  form.dataset.mode = name;
  if (name === "preview") return;
  find("#pane-form", form).hidden = name !== "form";
  find("#pane-source", form).hidden = name !== "source";
}

/** What belongs to the act of saving: no file says it, so it stays when the form is filled in from one. */
const OF_NO_FILE = new Set(["product", "product_title", "scenario", "scenario_title", "minor", "note"]);

const unsaid = (form) => Object.fromEntries(Object.entries(fieldsOf(form)).filter(([name]) => OF_NO_FILE.has(name)));

/** The form as the file says it, or the file as the form says it. */
async function carryOver(form, to) {
  const composed = await compose(form);
  if (!composed || (to === "form" && !composed.fields)) {
    toast(composed?.trouble ?? "连不上服务器，没有切换；请稍后再试");
    return false;
  }
  if (to === "form") fillIn(form, { ...composed.fields, ...unsaid(form) });
  else form.elements.source.value = composed.source;
  form.elements.source.disabled = to === "form";
  form.elements.mode.value = to;
  return true;
}

/** Go to a way of writing; resolves to whether that was possible. */
export async function goTo(form, name) {
  if (name !== "preview" && name !== form.elements.mode.value && !(await carryOver(form, name))) return false;
  show(form, name);
  return true;
}

export function enhanceTabs(form) {
  const tabs = findAll("[data-tab]", form);
  show(form, form.elements.mode.value);
  for (const tab of tabs) {
    tab.addEventListener("click", (event) => {
      event.preventDefault();
      goTo(form, tab.dataset.tab);
    });
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step && event.key !== " ") return;
      event.preventDefault();
      if (!step) return tab.click();
      const seen = tabs.filter((other) => other.checkVisibility());
      seen[(seen.indexOf(tab) + step + seen.length) % seen.length].focus();
    });
  }
}
