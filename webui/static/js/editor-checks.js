// What is wrong, doubtful or said elsewhere, at the field where it can be mended; and whether customers would find this.

import { element, find, findAll } from "./dom.js";
import { compose, onComposed } from "./editor-preview.js";
import { send } from "./sending.js";

let latest = 0;

const item = ({ severity, message, line }, at) => element("li", { class: severity }, at && line ? `第 ${line} 行：${message}` : message);
const link = ({ id, title }) => element("a", { href: `/a/${encodeURIComponent(id)}`, target: "_blank", rel: "noopener" }, title);

/** Show problems at their fields; those of no field that is shown go to the top of the preview. */
export function showProblems(form, problems) {
  const left = [];
  const byField = grouped(problems);
  for (const list of findAll("[data-problems]", form)) {
    if (list.closest("[hidden]")) continue; // of the way of writing that is not shown
    const here = byField.get(list.dataset.problems) ?? [];
    list.replaceChildren(...here.map((problem) => item(problem)));
    const wrong = here.some((problem) => problem.severity === "error");
    find(`#f-${CSS.escape(list.dataset.problems)}`, form)?.setAttribute("aria-invalid", String(wrong));
    if (wrong) list.closest("details")?.setAttribute("open", "");
    byField.delete(list.dataset.problems);
  }
  for (const others of byField.values()) left.push(...others);
  find("[data-findings]", form).replaceChildren(...left.map((problem) => item(problem, true)));
  find("[data-checks]", form).hidden = !left.length && find("[data-facts]", form).hidden;
}

function grouped(problems) {
  const groups = new Map();
  for (const problem of problems) groups.set(problem.field, [...(groups.get(problem.field) ?? []), problem]);
  return groups;
}

function showDuplicates(form, duplicates) {
  for (const { id, title, question, wording, kind } of duplicates) {
    const field = question === form.elements.title.value.trim() ? "title" : "questions";
    const said = kind === "same" ? "已经是" : "很像";
    find(`[data-problems="${field}"]`, form)?.append(
      element("li", { class: "warning" }, `“${question}”${said}“`, link({ id, title }), `”的问法${wording === question ? "" : `“${wording}”`}`),
    );
  }
}

/** Each changed number with the places that still say the old one; what was unfolded stays so. */
function showFacts(form, facts) {
  const box = find("[data-facts]", form);
  const unfolded = new Set(findAll("details[open]", box).map((fold) => fold.dataset.old));
  find("ul", box).replaceChildren(...facts.filter(({ places }) => places.length).map((fact) => {
    const said = `${fact.old} → ${fact.new ?? "（删掉了）"}：还有 ${fact.articles} 条写着 ${fact.old}`;
    const own = form.dataset.editor;
    const places = fact.places.map((place) => element("li", {}, place.id === own ? "本条" : link(place), ` · ${place.where}：`, ...inContext(place)));
    const unlisted = fact.articles - new Set(fact.places.map(({ id }) => id)).size;
    if (unlisted > 0) places.push(element("li", { class: "muted" }, `另有 ${unlisted} 条没有列出，可在搜索里查“${fact.old}”`));
    const fold = element("details", { "data-old": fact.old, open: unfolded.has(fact.old) });
    fold.append(element("summary", { class: "fold" }, said), element("ul", {}, ...places));
    return element("li", { class: "warning" }, fold);
  }));
  box.hidden = !find("li", box);
}

function inContext({ text, start, end }) {
  const characters = Array.from(text);
  const part = (from, to) => characters.slice(from, to).join("");
  return [part(0, start), element("mark", {}, part(start, end)), part(end)];
}

/** Where the article is, or will be. */
function place(form) {
  const [product, scenario] = (form.elements.scenario?.value || form.dataset.place).split("/");
  return { product: product || null, scenario: scenario || null };
}

const what = (form, source) => ({ source, id: form.dataset.editor || null, ...place(form) });

/** On narrow screens what is doubtful stands behind a tab, which says how much it is. */
function sayOnTab(form) {
  const count = findAll("[data-findings] > li, [data-facts] > ul > li", form).length;
  find("#tab-preview", form).textContent = count ? `预览和 ${count} 个提醒` : "预览";
}

async function check(form, { source, trouble }) {
  const mine = ++latest;
  if (trouble) return showProblems(form, [{ field: "source", severity: "error", message: trouble }]);
  try {
    const answer = await send("/api/v1/check", what(form, source));
    if (!answer.ok || mine !== latest) return;
    const { problems, duplicates, changed_facts: facts } = await answer.json();
    showFacts(form, facts);
    showProblems(form, problems);
    showDuplicates(form, duplicates);
    sayOnTab(form);
  } catch {
    // checked again with the next keystroke
  }
}

async function tryOut(form, query, said) {
  const composed = await compose(form);
  const answer = composed && await send("/api/v1/trial", { ...what(form, composed.source), query }).catch(() => null);
  if (!answer?.ok) return said.replaceChildren("暂时试不了，请稍后再试。");
  const { rank, total, hits, why } = await answer.json();
  const verdict = rank ? `排第 ${rank}，共 ${total} 条` : "没有查到这一条";
  said.replaceChildren(
    element("p", { class: rank && rank <= 3 ? "good" : "warn" }, verdict, why ? `：${why}` : ""),
    element("ol", {}, ...hits.map((hit) => element("li", { class: hit.id === form.dataset.editor ? "this" : null }, link(hit)))),
  );
}

export function enhanceChecks(form) {
  onComposed((composed) => check(form, composed));
  const trial = find("[data-trial]", form);
  const [input, button, said] = [find("input", trial), find("button", trial), find("[data-trial-said]", trial)];
  trial.hidden = false;
  const start = () => { if (input.value.trim()) tryOut(form, input.value.trim(), said); };
  button.addEventListener("click", start);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    start();
  });
}
