// How long a wording is, while it is written; more than the limit is no longer read in a chat window.

import { findAll } from "./dom.js";

function count(output) {
  const length = Array.from(output.form.elements.namedItem(output.dataset.count).value.trim()).length;
  const limit = Number(output.dataset.limit);
  output.value = limit ? `${length} / ${limit} 字` : `${length} 字`;
  output.classList.toggle("over", limit > 0 && length > limit);
}

export function enhanceCounts(form) {
  const recount = () => findAll("[data-count]", form).forEach(count);
  form.addEventListener("input", recount);
  recount();
}
