// Hands on the keyboard among the hits: from title to title, into the blanks of one and out again.

import { find, findAll } from "./dom.js";

const TITLE = ".hit h2 a";

/** Go from the search box to the first hit, if the page shows those for `query`; whether it does. */
export function goToHits(query) {
  const first = find(TITLE);
  const asked = new URL(location.href).searchParams.get("q") ?? "";
  if (!first || asked.trim() !== query.trim()) return false;
  first.focus();
  return true;
}

/** Go `step` hits on from the one in focus; from nowhere to the first, before the first to the search box. */
export function goOn(step) {
  const titles = findAll(TITLE);
  const at = titles.findIndex((title) => title.closest(".hit").contains(document.activeElement));
  if (at === 0 && step < 0) find("[data-search]").elements.q.focus();
  else titles[at < 0 ? 0 : at + step]?.focus();
}

/** Go to the first blank of the script in focus. */
export function goToBlank() {
  const hit = document.activeElement.closest("[data-script]");
  const blank = hit && find("input.blank", hit);
  if (!blank) return;
  blank.closest("details")?.setAttribute("open", "");
  blank.focus();
}

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

export function enhanceHits() {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const { target, key } = event;
    if (target.matches(TITLE) && STEPS[key]) goOn(STEPS[key]);
    else if (key === "Escape" && target.matches(".hit input.blank")) find("h2 a", target.closest(".hit")).focus();
    else return;
    event.preventDefault();
  });
}
