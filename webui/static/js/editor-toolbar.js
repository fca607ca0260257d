// Markdown without knowing it: the buttons write into the text that was worked in last, so that Undo takes it back.
// Wordings are copied as they stand, so only variables and lists go into those.

import { find, findAll, toast } from "./dom.js";
import { bodies } from "./editor-fields.js";

const TABLE = "\n| 项目 | 说明 |\n| --- | --- |\n|  |  |\n";
const FOR_SCRIPTS = new Set(["list", "numbers"]);
let last = null;

/** The text that is being written in, or was last. */
export const writing = (form) => (last?.checkVisibility() ? last : bodies(form).find((text) => text.checkVisibility()));

/** Put `text` in place of what is selected there; Undo takes it back. */
export function insert(area, text) {
  area.focus();
  // deprecated, but the one way that keeps the browser's own undo history
  if (document.execCommand("insertText", false, text)) return;
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

const selected = (area) => area.value.slice(area.selectionStart, area.selectionEnd);

/** Surround what is selected, and leave it, or what is to be written there, selected. */
function surround(area, before, after, meanwhile) {
  const start = area.selectionStart;
  const text = selected(area) || meanwhile;
  insert(area, before + text + after);
  area.setSelectionRange(start + before.length, start + before.length + text.length);
}

/** Begin each selected line with what `mark(n)` gives for the n-th. */
function lines(area, mark) {
  const start = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
  const following = area.value.indexOf("\n", area.selectionEnd);
  area.setSelectionRange(start, following < 0 ? area.value.length : following);
  insert(area, selected(area).split("\n").map((line, n) => mark(n + 1) + line.replace(/^(?:[-*] |\d+\. )/, "")).join("\n"));
}

const TOOLS = {
  bold: (area) => surround(area, "**", "**", "重点"),
  list: (area) => lines(area, () => "- "),
  numbers: (area) => lines(area, (n) => `${n}. `),
  link: (area) => surround(area, "[", "](网址)", "文字"),
  table: (area) => insert(area, TABLE),
};

function use(form, name) {
  const area = writing(form);
  if (!area) return;
  if (area.dataset.writes === "script" && !FOR_SCRIPTS.has(name)) {
    toast("话术会原样发给客户，不用加粗、链接、图片和表格");
    return;
  }
  if (name === "image") find("[data-image]", form).click();
  else TOOLS[name](area);
}

export function enhanceToolbar(form) {
  const toolbar = find("[data-toolbar]", form);
  form.addEventListener("focusin", ({ target }) => {
    if (!bodies(form).includes(target)) return;
    last = target;
    for (const button of findAll("[data-tool]", toolbar)) {
      button.setAttribute("aria-disabled", String(target.dataset.writes === "script" && !FOR_SCRIPTS.has(button.dataset.tool)));
    }
  });
  toolbar.addEventListener("mousedown", (event) => { if (event.target.closest("button")) event.preventDefault(); });
  toolbar.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-tool]");
    if (button) use(form, button.dataset.tool);
  });
  find("[data-variables]", toolbar).addEventListener("change", ({ target }) => {
    const area = writing(form);
    if (area && target.value) insert(area, `{{${target.value}}}`);
    target.value = "";
  });
  form.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "b" || !bodies(form).includes(event.target)) return;
    event.preventDefault();
    use(form, "bold");
  });
}
