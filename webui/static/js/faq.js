// The FAQ panel: filter, drawer on narrow screens, its age. It stays as it is while searches come and go beside it.

import { numbered } from "./copy.js";
import { announce, find, findAll } from "./dom.js";
import { looking, record } from "./statistics.js";

const desk = find(".desk");
const panel = find("#faq");
const MINUTE = 60 * 1000;
const OLD_MINUTES = 15; // the ranking is made anew every ten

/** Take the panel of another search page when it is not the one we show already. */
export function showPanelOf(page) {
  const other = find("#faq", page);
  if (other.dataset.src === panel.dataset.src && isHere()) return;
  panel.dataset.src = other.dataset.src;
  if (find("[data-faq-groups]", other)) adopt(other);
  else load();
}

const isHere = () => find("[data-faq-groups]", panel) !== null;

function adopt(other) {
  panel.replaceChildren(...other.childNodes);
  tellAge();
  sayKeys();
}

/** Say on the rows which Alt+n copies them; shown while that key is theirs. */
export function sayKeys() {
  for (const before of findAll("[data-alt]", panel)) delete before.dataset.alt;
  numbered().forEach((button, at) => { if (panel.contains(button)) button.dataset.alt = `Alt ${at + 1}`; });
}

/** Fetch the panel once it is in sight: pages with results come without it. One ranked at `known` is no news. */
async function load(known = null) {
  if (!panel.checkVisibility()) return panel.replaceChildren();
  const source = panel.dataset.src;
  try {
    const page = new DOMParser().parseFromString(await (await fetch(source)).text(), "text/html");
    const other = find("#faq", page);
    if (other && source === panel.dataset.src && rankedAt(other) !== known) adopt(other);
  } catch {
    // the link to it is still there
  }
}

const rankedAt = (root) => find("[data-age]", root)?.dateTime;
const age = (time) => Math.max(0, Math.round((Date.now() - Date.parse(time.dateTime)) / MINUTE));

/** The page stays open all day: look for a newer panel now and then, but not under the agent's hands. */
function keepUp() {
  tellAge();
  const inUse = panel.contains(document.activeElement) || find("[data-faq-filter]", panel)?.value || find(".entry details[open]", panel);
  if (document.hidden || inUse || !isHere() || !panel.checkVisibility()) return;
  const time = find("[data-age]", panel);
  if (time && age(time) >= OLD_MINUTES) load(time.dateTime);
}

function tellAge() {
  const time = find("[data-age]", panel);
  if (!time) return;
  const minutes = age(time);
  if (minutes < 1) time.textContent = "刚刚";
  else if (minutes < 60) time.textContent = `${minutes} 分钟前`;
  else if (minutes < 24 * 60) time.textContent = `${Math.round(minutes / 60)} 小时前`;
}

function filter(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const entry of findAll(".entry", panel)) {
    const name = find(".name", entry).textContent.toLowerCase();
    const keys = entry.dataset.keys.split(" ");
    entry.hidden = !words.every((word) => name.includes(word) || keys.some((key) => key.includes(word)));
    count += !entry.hidden;
  }
  for (const group of findAll(".group", panel)) group.hidden = !find(".entry:not([hidden])", group);
  for (const rest of findAll(".rest", panel)) {
    rest.open = words.length > 0;
    rest.hidden = !find(".entry:not([hidden])", rest);
  }
  find("[data-faq-none]", panel).hidden = count > 0;
  sayKeys();
  announce(words.length ? `${count} 条` : "");
}

/** Open the panel if it is closed and go to its filter. */
export async function goToFilter() {
  if (!panel) return location.assign("/#filter");
  if (!panel.checkVisibility()) await toggle();
  find("[data-faq-filter]", panel)?.select();
}

async function toggle() {
  const open = desk.toggleAttribute("data-faq-open");
  find(".faq-open")?.setAttribute("aria-expanded", String(open));
  desk.style.setProperty("--top", `${find(".top").offsetHeight}px`);
  if (open && !isHere()) await load();
  sayKeys();
  if (open) find("[data-faq-filter]", panel)?.focus();
  else find(".faq-open")?.focus();
}

const headings = () => findAll(".entry .fold", panel).filter((heading) => heading.checkVisibility());

function pressed(event) {
  if (event.isComposing) return;
  const { target } = event;
  const inFilter = target.matches("[data-faq-filter]");
  const all = headings();
  const at = all.indexOf(target);
  if (event.key === "Escape" && desk.hasAttribute("data-faq-open")) toggle();
  else if (event.key === "Escape" && at >= 0) find("[data-faq-filter]", panel).focus();
  else if (event.key === "ArrowDown" && (inFilter || at >= 0)) all[at + 1]?.focus();
  else if (event.key === "ArrowUp" && at >= 0) (all[at - 1] ?? find("[data-faq-filter]", panel)).focus();
  else if (event.key === "Enter" && inFilter && all.length === 0) searchFor(target.value);
  else return;
  event.preventDefault();
}

function searchFor(text) {
  const form = find("[data-search]");
  form.elements.q.value = text;
  form.requestSubmit();
}

export function enhancePanel() {
  if (!panel) return;
  if (isHere()) tellAge();
  else load();
  sayKeys();
  if (location.hash === "#filter") goToFilter();
  setInterval(keepUp, MINUTE);
  panel.addEventListener("input", (event) => {
    if (event.isComposing || !event.target.matches("[data-faq-filter]")) return;
    looking(event.target.value);
    filter(event.target.value);
  });
  panel.addEventListener("compositionend", ({ target }) => { if (target.matches("[data-faq-filter]")) filter(target.value); });
  panel.addEventListener("keydown", pressed);
  panel.addEventListener("toggle", ({ target }) => {
    sayKeys();
    if (target.open && target.dataset.opened) record("open", target.dataset.opened, Number(target.dataset.position));
  }, true);
  document.addEventListener("click", ({ target }) => { if (target.closest("[data-faq-toggle]")) toggle(); });
}
