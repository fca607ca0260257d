// The fields of the editor: reading them as they would be sent, filling them in, what they are called.

import { find, findAll } from "./dom.js";

/** What belongs to the act of saving, or to the file as a whole. */
const NOT_FIELDS = new Set(["csrf", "draft", "file", "mode", "source", "action", "verify"]);

const isField = (name) => name && !NOT_FIELDS.has(name) && !name.startsWith("choose:");

/** The fields as they would be sent: name → list of values. */
export function fieldsOf(form) {
  const fields = {};
  for (const [name, value] of new FormData(form)) {
    if (isField(name) && typeof value === "string") (fields[name] ??= []).push(value);
  }
  return fields;
}

/** What somebody would lose: the fields, or the file where that is what is being edited. */
export function written(form) {
  const { mode, source, draft, file } = form.elements;
  const text = mode.value === "source" ? { source: source.value } : { fields: fieldsOf(form) };
  return { mode: mode.value, draft: draft.value, file: file.value, ...text };
}

/** Put values, as `fieldsOf` gave them, into the form; boxes that are not named are unticked. */
export function fillIn(form, fields) {
  for (const control of form.elements) {
    const { name, type } = control;
    if (!isField(name) || type === "submit") continue;
    const values = fields[name] ?? [];
    if (type === "checkbox") control.checked = values.includes(control.value);
    else if (values.length) setText(control, values[0]);
    else setText(control, "");
    control.closest("details")?.toggleAttribute("open", control.closest("details").open || Boolean(control.value));
  }
  changed(form);
}

function setText(control, text) {
  if (control.tagName === "SELECT" && ![...control.options].some((option) => option.value === text)) {
    control.add(new Option(text, text));
  }
  control.value = text;
}

/** Tell everybody who listens to the form that something in it is different. */
export function changed(form) {
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

/** The name of a field as people read it. */
export function labelOf(form, name) {
  const control = form.elements.namedItem(name);
  const id = control?.id ?? (name === "channels" ? "channels" : "");
  const label = id && (find(`label[for="${CSS.escape(id)}"]`, form) ?? find(`#${CSS.escape(id)}-label`, form));
  return label?.textContent.trim() ?? { pinned: "置顶", minor: "小改动", note: "为什么改" }[name] ?? name;
}

/** The names of the fields in which two sets of values differ. */
export function differing(one, other) {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((name) => {
    const text = (fields) => (fields[name] ?? []).join("\n").replaceAll("\r\n", "\n").trim();
    return text(one) !== text(other);
  });
}

/** Call `act` once nothing has called for `ms` milliseconds. */
export function rested(ms, act) {
  let waiting = 0;
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(act, ms);
  };
}

/** The texts of the body: fields that the toolbar and pictures work in. */
export const bodies = (form) => findAll("[data-writes], [name=source]", form);
