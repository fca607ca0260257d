// The search form: addresses without empty parameters; the agent's product and channel, remembered on this machine.

import { close } from "./combobox.js";
import { find } from "./dom.js";
import { forGood } from "./memory.js";
import { answerAnew } from "./pasting.js";
import { canVisit, onNewContent, visit } from "./visit.js";

const form = find("[data-search]");
const { q, product, channel } = form.elements;

/** Where the form leads to. */
function address() {
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value.trim()) asked.set(name, value.trim());
  return `${form.getAttribute("action")}${asked.size ? `?${asked}` : ""}`;
}

function go(how) {
  if (canVisit()) visit(address(), how);
  else location.assign(address());
}

/** A page other than the search shows itself anew for another channel. */
function reload(select) {
  const there = new URL(location.href);
  if (select.value) there.searchParams.set(select.name, select.value);
  else there.searchParams.delete(select.name);
  location.assign(there);
}

function changed(select) {
  forGood.set(select.name, select.value || null);
  if (canVisit()) go("push");
  else if (answerAnew()) return;
  else if (select === channel || location.pathname === "/browse") reload(select);
}

/** Choose `value` if it is still offered. */
function restore(select) {
  const value = forGood.get(select.name);
  if (!value || ![...select.options].some((option) => option.value === value)) return false;
  select.value = value;
  return true;
}

export function enhanceScope() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    close();
    go("push");
  });
  for (const select of [product, channel]) select.addEventListener("change", () => changed(select));
  onNewContent(() => {
    const asked = new URL(location.href).searchParams;
    product.value = asked.get("product") ?? "";
    channel.value = asked.get("channel") ?? "";
  });
  if (location.search) return; // the link says it all
  const restored = [product, channel].map(restore).some(Boolean);
  if (restored && canVisit() && !q.value) go("replace");
}
