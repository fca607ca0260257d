// Lists of which several are chosen: one box ticks all of its group, and shows whether some, all or none are.

import { findAll } from "./dom.js";

export function enhanceTicking() {
  for (const all of findAll("[data-tick-all]")) {
    const boxes = findAll("input[name=id]", all.closest("fieldset"));
    const show = () => {
      const ticked = boxes.filter((box) => box.checked).length;
      all.checked = ticked === boxes.length;
      all.indeterminate = ticked > 0 && !all.checked;
    };
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
    });
    for (const box of boxes) box.addEventListener("change", show);
    show();
  }
}
