/**
 * The hand on the talk button: a finger, a key, or a foot on a switch that types one. It tells the kitchen what the hand
 * does, down and up, and decides nothing: what a press means in which mode is the kitchen's.
 *
 * The invariant: every `down` that was told is followed by exactly one `up` or `cancel`, and no second `down` comes between.
 * One hand holds at a time; whoever presses meanwhile is not heard, and neither is the repeat of a held key.
 */

import { type Accessor, createSignal } from "solid-js";
import type { TalkMode } from "../generated/TalkMode";
import type { TalkPress } from "../generated/TalkPress";

/** What can press. */
export type Limb = "finger" | "key" | "click";

export interface Hand {
  /** Somebody presses, as far as this page knows: for the pressed look, at once. */
  held: Accessor<boolean>;
  down(by: Limb): void;
  up(by: Limb): void;
  /** A press by a thing that cannot be held, like a screen reader's: it begins, the next one ends. */
  click(): void;
  /** It can no longer be seen whether it is held (the window has lost the focus, the page goes): nothing was said. */
  lost(by?: Limb): void;
}

/** A wet finger and the contact of a switch let go for some ms in the middle of a press. */
export const REST_MS = 60;
/** In toggle mode a second press sooner than this is the first one's echo. */
export const ECHO_MS = 200;

export function createHand(send: (press: TalkPress) => void, mode: () => TalkMode): Hand {
  const [held, setHeld] = createSignal(false);
  let holder: Limb | undefined;
  let pressedAt = Number.NEGATIVE_INFINITY;
  let rising: ReturnType<typeof setTimeout> | undefined;

  function end(talk: "up" | "cancel"): void {
    clearTimeout(rising);
    rising = undefined;
    holder = undefined;
    setHeld(false);
    send({ talk });
  }

  function down(by: Limb): void {
    if (holder !== undefined && rising === undefined) return;
    if (holder === by) {
      // It had only bounced.
      clearTimeout(rising);
      rising = undefined;
      return;
    }
    if (holder !== undefined) end("up");
    const now = performance.now();
    if (mode() === "toggle" && now - pressedAt < ECHO_MS) return;
    pressedAt = now;
    holder = by;
    setHeld(true);
    send({ talk: "down" });
  }

  function up(by: Limb): void {
    if (holder !== by || rising !== undefined) return;
    rising = setTimeout(() => end("up"), REST_MS);
  }

  return {
    held,
    down,
    up,
    click: () => (holder === "click" ? up("click") : down("click")),
    lost(by) {
      if (holder === undefined || (by !== undefined && by !== holder)) return;
      // It was let go already, or letting go means nothing.
      end(rising !== undefined || mode() === "toggle" ? "up" : "cancel");
    },
  };
}
