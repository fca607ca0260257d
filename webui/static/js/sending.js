// Sending something to be kept: with the token that shows that one of our pages sends it.

import { element, find } from "./dom.js";

const meta = find('meta[name="csrf"]');

/** What shows that one of our pages sends it. */
export const token = () => meta.content;

/** The field that a form made here needs. */
export const csrfField = () => element("input", { type: "hidden", name: "csrf", value: meta.content });

/** Send `body` as JSON. The page may be older than the login, made in another tab: then its token is renewed, once. */
export async function send(path, body, keepalive = false, method = "POST") {
  const answer = await attempt(path, body, keepalive, method);
  if (answer.status !== 403 || !(await renewed())) return answer;
  return attempt(path, body, keepalive, method);
}

function attempt(path, body, keepalive, method) {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": meta.content };
  return fetch(path, { method, headers, body: JSON.stringify(body), keepalive });
}

/** Whether there is another token by now. */
export async function renewed() {
  const before = meta.content;
  const answer = await fetch("/api/v1/me");
  if (answer.ok) meta.content = (await answer.json()).csrf;
  return meta.content !== before;
}
