"use strict";
const fold = (text) => text.normalize("NFKC").toLowerCase();
const articles = [...document.querySelectorAll("details")].map((node) => ({ node, text: fold(node.textContent) }));
const sections = [...document.querySelectorAll("section")].reverse();
const box = document.getElementById("search");
const count = document.getElementById("count");
const show = () => {
  const words = fold(box.value).split(/\s+/).filter(Boolean);
  let found = 0;
  for (const { node, text } of articles) {
    node.hidden = !words.every((word) => text.includes(word));
    found += !node.hidden;
  }
  for (const section of sections) section.hidden = !section.querySelector("details:not([hidden])");
  count.textContent = words.length ? `找到 ${found} 条，共 ${articles.length} 条` : `共 ${articles.length} 条`;
};
let timer = 0;
box.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(show, 120);
});
show();
