// What a customer said, pasted into the search box as a whole: it is answered sentence by sentence on a page of its own.
// It travels in the body of a form, never in an address.

import { element, find } from "./dom.js";
import { csrfField } from "./sending.js";
import { looking } from "./statistics.js";

const LONG = 40; // characters; what is shorter and one sentence is searched as it is
const SEVERAL = /[\n\r]|[。！？!?；;]\s*[^\s。！？!?；;]/;
const search = find("[data-search]");

/** Send a form of messages, for the product and channel chosen in the bar. */
function send(form) {
  const scope = new URLSearchParams();
  for (const name of ["product", "channel"]) if (search.elements[name].value) scope.set(name, search.elements[name].value);
  form.action = `/recommend${scope.size ? `?${scope}` : ""}`;
  form.requestSubmit();
}

/** Answer the page's messages anew, for another product or channel; whether it has any. */
export function answerAnew() {
  const form = find("[data-chat]");
  if (!form?.elements.messages.value.trim()) return false;
  send(form);
  return true;
}

export function enhancePasting() {
  search.elements.q.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text").trim();
    if (text.length <= LONG && !SEVERAL.test(text)) return;
    event.preventDefault();
    looking("");
    const form = element("form", { method: "post", hidden: true }, element("textarea", { name: "messages" }), csrfField());
    document.body.append(form);
    form.elements.messages.value = text;
    send(form);
  });
  find("[data-chat]")?.elements.messages.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) answerAnew();
  });
}
