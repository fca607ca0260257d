// What JavaScript adds to pages that are complete without it. One module per concern; this one starts them.

import { enhanceArticle } from "./article.js";
import { enhanceBlanks, makeFillable } from "./blanks.js";
import { enhanceSearchBox } from "./combobox.js";
import { enhanceCopying } from "./copy.js";
import { find } from "./dom.js";
import { enhanceArticleFields } from "./find_article.js";
import { enhancePanel, sayKeys } from "./faq.js";
import { enhanceHits } from "./hits.js";
import { enhanceKeys } from "./keys.js";
import { enhanceMenu } from "./menu.js";
import { enhancePasting } from "./pasting.js";
import { enhanceScope } from "./scope.js";
import { record } from "./statistics.js";
import { enhanceTicking } from "./ticking.js";
import { enhanceLinks, onNewContent } from "./visit.js";

const DOUBLE_CLICK_MS = 1000;

enhanceSearchBox();
enhanceScope();
enhancePasting();
enhanceLinks();
enhanceBlanks();
enhanceCopying();
enhanceArticle();
enhancePanel();
enhanceHits();
enhanceKeys();
enhanceArticleFields();
enhanceTicking();
enhanceMenu();

onNewContent(makeFillable);
onNewContent(sayKeys);
makeFillable(find("#content"));

find("[data-here]")?.scrollIntoView({ block: "start" });

document.addEventListener("click", ({ target }) => {
  const link = target.closest("[data-pick]");
  if (link) record("pick", link.dataset.pick, Number(link.dataset.position));
});
let sentAt = -Infinity;
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post" || event.defaultPrevented) return;
  if (event.timeStamp - sentAt < DOUBLE_CLICK_MS) event.preventDefault();
  sentAt = event.timeStamp;
});
