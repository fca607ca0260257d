// What the statistics are told: which article was picked, opened, copied, for which words, how long after the first
// keystroke. Never shown, never in the way, and it survives leaving the page.

import { forNow } from "./memory.js";
import { send } from "./sending.js";

const LONGEST_SEARCH_MS = 10 * 60 * 1000; // after that it was about something else

/** A keystroke: the clock runs from the first one until something is copied. */
export function looking(query) {
  const search = current() ?? { at: Date.now() };
  forNow.set("search", { ...search, query: query.trim() });
}

/** Note that something happened to the article `id`, which stood at `position` (1 is the top; may be missing). */
export function record(kind, id, position = null) {
  const search = current();
  const body = { kind, id, query: search?.query || null, position, ms: search ? Date.now() - search.at : null };
  send("/api/v1/events", body, true).catch(() => {});
  if (kind === "copy") forNow.set("search", null);
}

/** Send a vote; resolves to whether it was taken. */
export async function vote(id, vote, note) {
  try {
    return (await send("/api/v1/feedback", { id, vote, note })).ok;
  } catch {
    return false;
  }
}

function current() {
  const search = forNow.get("search");
  return search && Date.now() - search.at < LONGEST_SEARCH_MS ? search : null;
}
