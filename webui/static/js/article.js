// The article page: the script of the agent's channel first, votes that don't lose what was filled in.

import { element, find, icon, toast } from "./dom.js";
import { vote } from "./statistics.js";

/** A link without a channel shows the scripts in the article's order; the agent's own comes first. */
function bringForward(channel) {
  const script = channel && find(`[data-channel="${CSS.escape(channel)}"]`);
  if (!script || script === script.parentNode.firstElementChild) return;
  script.parentNode.prepend(script);
}

async function send(form, button) {
  const buttons = [...form.querySelectorAll("button")];
  for (const other of buttons) other.disabled = true;
  if (await vote(form.dataset.vote, button.value, form.elements.note.value.trim() || null)) {
    form.replaceChildren(element("p", { class: "notice good", role: "status" }, icon("check"), `已记下“${button.textContent.trim()}”，谢谢。`));
    return;
  }
  for (const other of buttons) other.disabled = false;
  toast("没有记下，请检查网络后再点一次");
}

export function enhanceArticle() {
  const form = find("[data-vote]");
  if (!form) return;
  bringForward(find("[data-search]").elements.channel.value);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, event.submitter);
  });
}
