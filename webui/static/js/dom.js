// Small helpers around the document.

const TOAST_MS = 3200;
const ACTION_MS = 8000; // long enough to read, think and press
let fading = 0;

export const find = (selector, root = document) => root.querySelector(selector);
export const findAll = (selector, root = document) => [...root.querySelectorAll(selector)];

/** A new element; `attributes` with value false or null are left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false && value !== null) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** An icon of our sprite. Its address is taken from an icon that the page has already: it carries the version. */
export function icon(name) {
  const made = find("svg.icon").cloneNode(true);
  const use = find("use", made);
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${name}`));
  return made;
}

/** Text with the [start, end) ranges of `marks`, counted in characters, in <mark>. */
export function marked(text, marks) {
  const characters = Array.from(text);
  const pieces = [];
  let done = 0;
  for (const [start, end] of marks) {
    pieces.push(characters.slice(done, start).join(""), element("mark", {}, characters.slice(start, end).join("")));
    done = end;
  }
  return [...pieces, characters.slice(done).join("")];
}

/** Say something to those who listen to the page. */
export function announce(text) {
  find("#announcer").textContent = text;
}

/** Show a message for a moment; screen readers hear it too. `action` is a button in it: { label, act }. */
export function toast(text, action = null) {
  const box = find("#toast");
  clearTimeout(fading);
  box.classList.remove("faded");
  box.replaceChildren(text, ...(action ? [button(action, box)] : []));
  fading = setTimeout(() => {
    box.classList.add("faded");
    fading = setTimeout(() => { box.textContent = ""; }, 200);
  }, action ? ACTION_MS : TOAST_MS);
}

function button({ label, act }, box) {
  const made = element("button", { type: "button", class: "button" }, label);
  made.addEventListener("click", () => {
    box.textContent = "";
    act();
  });
  return made;
}
