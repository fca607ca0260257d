// What the browser remembers for the agent. Storage may be forbidden or full: then things are forgotten sooner.

function shelf(storage) {
  return {
    get(name) {
      try {
        return JSON.parse(storage().getItem(`zhida.${name}`));
      } catch {
        return null;
      }
    },
    set(name, value) {
      try {
        if (value === null) storage().removeItem(`zhida.${name}`);
        else storage().setItem(`zhida.${name}`, JSON.stringify(value));
      } catch {
        // remembered until the page is left, by whoever set it
      }
    },
  };
}

/** For good, on this machine. */
export const forGood = shelf(() => localStorage);
/** For one conversation: this tab, until it is closed. */
export const forNow = shelf(() => sessionStorage);
