// Lists of which several are chosen: one box ticks all of its group, and shows whether some, all or none are.

import { findAll } from "./dom.js";

export function enhanceTicking() {
  for (const all of findAll("[data-tick-all]")) {
    const group = all.closest("fieldset");
    const boxes = () => findAll("input[name=id]", group); // rows come and go
    const show = () => {
      const ticked = boxes().filter((box) => box.checked).length;
      all.checked = ticked > 0 && ticked === boxes().length;
      all.indeterminate = ticked > 0 && !all.checked;
    };
    group.addEventListener("change", ({ target }) => {
      if (target === all) for (const box of boxes()) box.checked = all.checked;
      show();
    });
    show();
  }
}
