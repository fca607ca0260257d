// The {{…}} in scripts become fields; what is copied is the filled text. What belongs to the customer stays filled for
// the rest of the conversation, and one button forgets it all.

import { element, find, findAll } from "./dom.js";
import { forNow } from "./memory.js";

/** Names that mean the same in every article; an amount or a date does not. */
const OF_THE_CUSTOMER = /客户|顾客|用户|会员|称呼|姓名|订单|单号|手机|坐席|工号/;
const next = find("#next-customer");

/** Make the blanks below `root` fields. */
export function makeFillable(root) {
  const filled = forNow.get("blanks") ?? {};
  for (const blank of findAll("var[data-blank]", root)) {
    const name = blank.dataset.blank;
    const field = element("input", {
      class: "blank", "data-blank": name, "aria-label": name, placeholder: name, maxlength: 100, size: name.length * 2,
      autocomplete: "off", spellcheck: "false",
    });
    field.value = filled[name] ?? "";
    blank.replaceWith(field);
  }
  showInPreviews();
}

/** A folded script shows its beginning; that is filled in, too. */
function showInPreviews() {
  const shown = (field) => element("var", {}, field.value.trim() || field.dataset.blank);
  for (const preview of findAll(".preview")) {
    preview.replaceChildren(...withoutFields(find(".script-text", preview.closest(".script")), shown).childNodes);
  }
}

/** What an agent would send: the text with what was filled in. */
export function textOf(script) {
  return withoutFields(script, (field) => field.value.trim() || `{{${field.dataset.blank}}}`).textContent;
}

/** A copy of a script with `shown(field)` in place of every field. */
function withoutFields(script, shown) {
  const pieces = findAll("input", script).map(shown);
  const copy = script.cloneNode(true);
  findAll("input", copy).forEach((field, at) => field.replaceWith(pieces[at]));
  return copy;
}

/** The names in a text that are still to be filled in. */
export function missing(text) {
  return [...new Set([...text.matchAll(/\{\{([^{}\n]+)\}\}/g)].map((found) => found[1]))];
}

function typed(field) {
  const name = field.dataset.blank;
  for (const other of findAll("input.blank")) if (other !== field && other.dataset.blank === name) other.value = field.value;
  showInPreviews();
  if (!OF_THE_CUSTOMER.test(name)) return;
  const filled = { ...forNow.get("blanks"), [name]: field.value.trim() };
  if (!filled[name]) delete filled[name];
  forNow.set("blanks", Object.keys(filled).length ? filled : null);
  offerNext();
}

function offerNext() {
  const filled = Object.values(forNow.get("blanks") ?? {});
  next.hidden = filled.length === 0;
  next.textContent = `已填 ${filled.join("、").slice(0, 20)} · 换下一位客户`;
}

function forget() {
  forNow.set("blanks", null);
  for (const field of findAll("input.blank")) field.value = "";
  showInPreviews();
  offerNext();
}

export function enhanceBlanks() {
  document.addEventListener("input", ({ target }) => { if (target.matches("input.blank")) typed(target); });
  next.addEventListener("click", forget);
  offerNext();
}
