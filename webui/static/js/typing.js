// Who a key press belongs to: the page, a text field, or the input method.

const AFTER_COMPOSING_MS = 30;
let composing = false;
let endedAt = -Infinity;

document.addEventListener("compositionstart", () => { composing = true; }, true);
document.addEventListener("compositionend", (event) => {
  composing = false;
  endedAt = event.timeStamp;
}, true);

/** Whether an input method has a hand on this key press. Safari ends the composition before the Enter that ended it. */
export function belongsToInputMethod(event) {
  const justEnded = event.key === "Enter" && event.timeStamp - endedAt < AFTER_COMPOSING_MS;
  return composing || event.isComposing || event.keyCode === 229 || justEnded;
}

/** Whether keys pressed there are text. */
export function takesText(target) {
  return target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
}
