// Where a new article goes: the scenarios of the product that is chosen, names only for what is to be made.

import { find, findAll } from "./dom.js";

function arrange({ elements: { product, scenario, product_title: newProduct, scenario_title: newScenario } }) {
  for (const option of findAll("option", scenario)) {
    const elsewhere = option.value.includes("/") && !option.value.startsWith(`${product.value}/`);
    option.hidden = option.disabled = elsewhere;
    if (elsewhere && option.selected) scenario.value = "";
  }
  for (const [title, select] of [[newProduct, product], [newScenario, scenario]]) {
    title.closest(".input").hidden = select.value !== "";
  }
}

export function enhancePlaces(form) {
  if (!find("[name=product_title]", form)) return;
  form.addEventListener("input", () => arrange(form));
  arrange(form);
}
