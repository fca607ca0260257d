// Saving without leaving the page: a draft is kept and one writes on; an expired login, a lost connection or a refusal
// leaves everything where it is. What the server wants to show, a conflict, it shows as it would without JavaScript.

import { find, findAll, toast } from "./dom.js";
import { showProblems } from "./editor-checks.js";
import { letGo, nothingToLose } from "./editor-keeping.js";
import { renewed, token } from "./sending.js";

const time = () => new Date().toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" });

function sendForm(form, action) {
  const body = new FormData(form);
  body.set("action", action);
  body.set("csrf", token());
  return fetch(form.getAttribute("action"), { method: "POST", body, headers: { Accept: "application/json" } });
}

async function save(form, action) {
  const said = find("[data-status]", form);
  said.textContent = "正在保存…";
  said.classList.remove("bad");
  try {
    let answer = await sendForm(form, action);
    if (answer.status === 403 && (await renewed())) answer = await sendForm(form, action); // another login by now
    said.textContent = await settle(form, action, answer);
  } catch {
    refuse(said, "没有保存：连不上服务器。内容都在这一页，请稍后再点一次。");
  }
}

/** Do what the answer asks for; resolves to what to say beside the buttons. */
async function settle(form, action, answer) {
  if (answer.status === 401) {
    find("#expired").showModal();
    return "还没有保存：登录已过期";
  }
  if (answer.status === 409) {
    letGo();
    sendAsPage(form, action);
    return "有人改过这一条，正在打开合并页…";
  }
  const told = await answer.json().catch(() => ({ detail: "服务器没有收下，请稍后再点一次" }));
  if (answer.ok) return saved(form, told);
  if (told.problems) showProblems(form, told.problems);
  findAll('[aria-invalid="true"]', form).find((field) => field.checkVisibility())?.focus();
  return refuse(find("[data-status]", form), `没有保存：${told.detail ?? "请看标出的地方"}`);
}

/** Say beside the buttons why nothing was saved; resolves to what was said. */
function refuse(said, why) {
  said.textContent = why;
  said.classList.add("bad");
  return why;
}

function saved(form, { location: next, draft, file }) {
  form.elements.draft.value = draft;
  form.elements.file.value = file;
  nothingToLose(form);
  if (next) {
    letGo();
    location.assign(next);
    return "";
  }
  toast("草稿已保存");
  return `草稿已保存 ${time()}`;
}

function sendAsPage(form, action) {
  form.elements.csrf.value = token();
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "action", value: action }));
  form.submit();
}

export function enhanceSaving(form) {
  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    await save(form, event.submitter?.value ?? "draft");
    busy = false;
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    form.requestSubmit(find('button[value="draft"]', form));
  });
  form.addEventListener("change", ({ target }) => {
    if (!target.name?.startsWith("choose:") || target.value !== "theirs") return;
    const name = target.name.slice("choose:".length);
    form.elements.namedItem(name).value = find(`[data-theirs="${CSS.escape(name)}"]`, form).textContent;
    form.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
