// Keyboard shortcuts. Those of a single character are for those who are not typing; never Ctrl+F, which is the browser's.

import { copy, numbered } from "./copy.js";
import { find } from "./dom.js";
import { goToFilter } from "./faq.js";
import { goOn, goToBlank } from "./hits.js";
import { forGood } from "./memory.js";
import { belongsToInputMethod, takesText } from "./typing.js";

const dialog = find("#keys");
const box = find("[data-search]").elements.q;

function help() {
  if (!dialog.open) dialog.showModal();
}

function copyFocused() {
  const button = document.activeElement.closest("[data-script]")?.querySelector("[data-copy]");
  if (button) copy(button);
}

const PLAIN = { "/": () => box.select(), f: goToFilter, j: () => goOn(1), k: () => goOn(-1), e: goToBlank, c: copyFocused, "?": help };

/** Keys of one page, before those of all pages. */
export function addKeys(keys) {
  Object.assign(PLAIN, keys);
}

function action(event) {
  const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
  if (event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    const button = digit && numbered()[digit - 1];
    return button && (() => copy(button));
  }
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") return () => box.select();
  if (event.ctrlKey || event.metaKey || event.altKey || takesText(event.target)) return null;
  return PLAIN[event.key];
}

export function enhanceKeys() {
  const on = find("[data-keys-on]", dialog);
  on.checked = forGood.get("keys") !== false;
  on.addEventListener("change", () => forGood.set("keys", on.checked ? null : false));
  find("[data-open-keys]").addEventListener("click", help);
  document.addEventListener("keydown", (event) => {
    if (!on.checked || event.defaultPrevented || belongsToInputMethod(event) || find("dialog[open]")) return;
    const act = action(event);
    if (!act) return;
    event.preventDefault();
    act();
  });
}
