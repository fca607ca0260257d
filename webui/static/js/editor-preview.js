// The article as agents will see it, a moment after each keystroke, made by the same renderer on the server. The file
// that comes with it is what the checks look at.

import { element, find } from "./dom.js";
import { rested, written } from "./editor-fields.js";
import { send } from "./sending.js";

const REST_MS = 200;
const listeners = [];
let latest = 0;

/** Call `listener` with the file whenever the form stands for another one. */
export const onComposed = (listener) => listeners.push(listener);

/** What the form stands for: {source, html, scripts, fields, trouble}; null when the server can't be asked. */
export async function compose(form) {
  const { mode, ...text } = written(form); // the text says how it was written
  try {
    const answer = await send("/api/v1/preview", { id: form.dataset.editor || null, ...text });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** A wording with its {{blanks}} as names. */
function wording({ channel, text }) {
  const pieces = text.split(/\{\{([^{}\n]{1,40})\}\}/).map((piece, at) => (at % 2 ? element("var", {}, piece) : piece));
  const head = element("header", {}, element("h2", {}, channel ? `${channel}话术` : "标准话术"));
  return element("section", { class: "card said" }, head, element("p", { class: "script-text" }, ...pieces));
}

/** Elements from HTML that the server has sanitised; a document of its own runs nothing. */
function parsed(html) {
  return [...new DOMParser().parseFromString(html, "text/html").body.childNodes];
}

function show(form, { html, scripts }) {
  find("[data-preview]", form).replaceChildren(...scripts.map(wording), element("div", { class: "card body" }, ...parsed(html)));
}

async function refresh(form) {
  const mine = ++latest;
  const composed = await compose(form);
  if (mine !== latest || !composed) return; // a later one is on its way
  if (composed.html !== null) show(form, composed);
  for (const listener of listeners) listener(composed);
}

/** Whether nobody has written anything yet: there is nothing to show, and nothing to be found wrong. */
const isBlank = ({ dataset, elements }) => !dataset.editor && !("unsaved" in dataset) && !elements.title?.value;

export function enhancePreview(form) {
  form.addEventListener("input", rested(REST_MS, () => refresh(form)));
  if (!isBlank(form)) refresh(form);
}
