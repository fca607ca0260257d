// Fields that take an article's id: a few characters, pinyin or initials of its title offer it.

import { element, findAll } from "./dom.js";

const MOST = 8;

async function offer(field) {
  const typed = field.value.trim();
  if (!typed) return;
  const answer = await fetch(`/api/v1/suggest?${new URLSearchParams({ q: typed.slice(0, 50), limit: 20 })}`);
  if (!answer.ok || field.value.trim() !== typed) return; // an answer to what was typed before
  const rows = (await answer.json()).items.filter((row) => row.kind === "article").slice(0, MOST);
  // A browser shows only options that contain what was typed; pinyin does not stand in any title.
  field.list.replaceChildren(...rows.map((row) => element("option", { value: row.id, label: `${row.text}（${typed}）` })));
}

export function enhanceArticleFields() {
  for (const field of findAll("[data-find-article]")) {
    field.addEventListener("input", (event) => {
      if (!event.isComposing) offer(field).catch(() => {});
    });
    field.addEventListener("compositionend", () => offer(field).catch(() => {}));
  }
}
