// The article page: the script of the agent's channel first, a word when the article is not for that channel, votes
// that don't lose what was filled in.

import { element, find, findAll, icon, toast } from "./dom.js";
import { vote } from "./statistics.js";

/** A link without a channel shows the scripts in the article's order; the agent's own comes first. */
function bringForward(channel) {
  const script = channel && find(`[data-channel="${CSS.escape(channel)}"]`);
  if (!script || script === script.parentNode.firstElementChild) return;
  script.parentNode.prepend(script);
  findAll("[data-scripts] [data-copy]").forEach(follow);
}

/** A copy button looks as its new place says: the first is what one would press, Alt+n copies the n-th. */
function follow(button, at) {
  button.classList.toggle("primary", at === 0);
  button.classList.toggle("soft", at > 0);
  const keycap = find(".keycap", button);
  if (keycap) keycap.textContent = `Alt ${at + 1}`;
}

/** A link without a channel is opened by an agent who has one: say when the article is not for it. */
function warnOf(channel) {
  const notice = find("[data-suits]");
  if (!notice || !channel || JSON.parse(notice.dataset.suits).includes(channel)) return;
  find("b", notice).textContent = channel;
  notice.hidden = false;
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
  const channel = find("[data-search]").elements.channel.value;
  bringForward(channel);
  warnOf(channel);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, event.submitter);
  });
}
