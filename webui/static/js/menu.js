// The account menu closes as menus do: by Esc, which leads back to its button, by a click elsewhere, when focus goes on.

import { find } from "./dom.js";

export function enhanceMenu() {
  const menu = find("details.me");
  if (!menu) return;
  const closeFrom = ({ target }) => { if (!menu.contains(target)) menu.open = false; };
  document.addEventListener("pointerdown", closeFrom);
  document.addEventListener("focusin", closeFrom);
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    find("summary", menu).focus();
  });
}
