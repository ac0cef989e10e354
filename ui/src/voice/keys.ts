/** The key to talk: `V` of a plain keyboard, or a foot switch that types it. */

import type { Hand } from "./hand";

/** Listens until the returned function is called. `deaf` = the keys are somebody else's just now. */
export function talkKey(hand: Hand, deaf: () => boolean): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  addEventListener(
    "keydown",
    (event) => {
      if (!isTalk(event) || event.ctrlKey || event.altKey || event.metaKey || deaf()) return;
      event.preventDefault();
      // Not every web view marks the repeats of a held key; for the hand a held key is held.
      if (!event.repeat) hand.down("key");
    },
    { signal },
  );
  // However it went down: a Control that was pressed meanwhile does not hold it.
  addEventListener("keyup", (event) => isTalk(event) && hand.up("key"), { signal });
  addEventListener(
    "blur",
    () => {
      hand.lost("key");
      hand.lost("click");
    },
    { signal },
  );
  addEventListener("pagehide", () => hand.lost(), { signal });
  document.addEventListener("visibilitychange", () => document.hidden && hand.lost(), { signal });
  return () => {
    hand.lost();
    stop.abort();
  };
}

function isTalk({ key }: KeyboardEvent): boolean {
  return key === "v" || key === "V";
}
