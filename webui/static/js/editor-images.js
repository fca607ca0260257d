// Pictures: chosen, dropped or pasted; stored beside the article, named in the text where the cursor was.

import { find } from "./dom.js";
import { bodies } from "./editor-fields.js";
import { insert, writing } from "./editor-toolbar.js";
import { token } from "./sending.js";

/** Send one picture; `progress` hears percentages. Resolves to its Markdown, throws what to say when there is none. */
function upload(form, file, progress) {
  const body = new FormData();
  body.append("file", file, file.name || "image.png");
  for (const [name, value] of Object.entries(place(form))) body.append(name, value);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch says nothing while it sends
    request.open("POST", "/api/v1/images");
    request.setRequestHeader("X-CSRF-Token", token());
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(Math.round((100 * loaded) / total)));
    request.addEventListener("load", () => {
      if (request.status < 300) resolve(request.response.markdown);
      else if (request.status === 401) reject(new Error("登录已过期，请在新标签页登录后再传一次"));
      else reject(new Error(request.response?.detail ?? "服务器没有收下"));
    });
    request.addEventListener("error", () => reject(new Error("连不上服务器，请检查网络")));
    request.send(body);
  });
}

/** The article beside which it lies, or the folder of one that is to be. */
function place({ dataset, elements }) {
  if (dataset.editor) return { article: dataset.editor };
  return { product: elements.product.value, scenario: elements.scenario.value.split("/").pop() };
}

async function add(form, files, area) {
  const said = find("[data-upload]", form);
  if (!area || area.dataset.writes === "script") {
    said.textContent = "图片放在处理步骤等正文里，话术里不能放图片。";
    return;
  }
  for (const file of files) {
    const name = file.name || "图片";
    said.textContent = `正在上传 ${name}…`;
    try {
      insert(area, `${await upload(form, file, (percent) => { said.textContent = `正在上传 ${name}：${percent}%`; })}\n`);
      said.textContent = `已插入 ${name}`;
    } catch (error) {
      said.textContent = `${name} 没有上传：${error.message}`;
    }
  }
}

const images = (transfer) => [...(transfer?.files ?? [])].filter((file) => file.type.startsWith("image/"));

export function enhanceImages(form) {
  const input = find("[data-image]", form);
  input.addEventListener("change", async () => {
    await add(form, [...input.files], writing(form));
    input.value = "";
  });
  const takes = (event, transfer) => bodies(form).includes(event.target) && images(transfer).length > 0;
  for (const [kind, transfer] of [["paste", "clipboardData"], ["drop", "dataTransfer"]]) {
    form.addEventListener(kind, (event) => {
      if (!takes(event, event[transfer])) return;
      event.preventDefault();
      add(form, images(event[transfer]), event.target);
    });
  }
  form.addEventListener("dragover", (event) => {
    if (bodies(form).includes(event.target) && event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
}
