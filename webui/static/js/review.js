// The review screen: the queue and what stands beside it, worked through by keys. One list, nothing moves but the row
// that is done.

import { find } from "./dom.js";
import { addKeys } from "./keys.js";
import { close, enhanceDetail, isOpen, opened, openId, reopen } from "./review-detail.js";
import { current, enhanceList, move, rows } from "./review-list.js";
import { ask, confirmOpen, enhanceVerdicts, undoLast } from "./review-verdicts.js";

/** The row that keys are about; before any was chosen, the first. */
const meant = () => current() ?? (openId() ? null : rows()[0]);

/** Verdicts are for what has been seen: from another row, the key opens that one first. */
function onOpened(act) {
  const row = meant();
  if (row && !isOpen(row)) opened(row);
  else if (find("#detail [data-verdict]")) act();
}

/** Read on in what is open, without leaving the list. */
function leaf(step) {
  const detail = find("#detail");
  const scroller = detail.scrollHeight > detail.clientHeight ? detail : document.scrollingElement;
  scroller.scrollBy(0, step * scroller.clientHeight * 0.85);
}

addKeys({
  j: () => move(1),
  k: () => move(-1),
  o: () => meant() && opened(meant()),
  c: () => onOpened(confirmOpen),
  r: () => onOpened(() => ask("r")),
  a: () => onOpened(() => ask("a")),
  u: undoLast,
  Escape: close,
  PageDown: () => leaf(1),
  PageUp: () => leaf(-1),
});
enhanceList();
enhanceDetail();
enhanceVerdicts();
reopen();
