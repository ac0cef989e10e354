/** What of talking stands in the bar at the bottom, and how much room it takes. */

import type { Fault } from "../generated/Fault";
import type { Said } from "../generated/Said";
import type { Talk } from "../generated/Talk";
import type { TalkTurn } from "../generated/TalkTurn";

export type Strip =
  /** A turn is under way. */
  | { strip: "turn"; turn: Exclude<TalkTurn, "ready"> }
  /** What the last turn came to. */
  | { strip: "said"; said: Said }
  /** Somebody pressed, and nobody can speak. */
  | { strip: "cannot"; fault: Fault };

/** A `line` stands beside the offer to undo; what is `wide` has to be read or answered, and takes all that can be spared. */
export type Room = "none" | "line" | "wide";

/** `asksWhy`: somebody pressed while nobody could speak. */
export function stripOf(talk: Talk | undefined, asksWhy: boolean): Strip | undefined {
  if (!talk) return undefined;
  const { turn, said, fault } = talk;
  // A question stands while somebody answers it aloud.
  if (said?.outcome.kind === "asked") return { strip: "said", said };
  if (turn !== "ready") return { strip: "turn", turn };
  if (fault && asksWhy) return { strip: "cannot", fault };
  return said && { strip: "said", said };
}

export function roomOf(strip: Strip | undefined): Room {
  if (!strip) return "none";
  if (strip.strip === "turn") return "line";
  if (strip.strip === "cannot") return "wide";
  switch (strip.said.outcome.kind) {
    case "done":
    case "dropped":
      return "line";
    case "asked":
    case "answered":
    case "failed":
    case "not_understood":
      return "wide";
  }
}

/** What the talk button shows. */
export type Look = TalkTurn | "no_microphone" | "no_voice";

export function lookOf({ turn, fault }: Talk): Look {
  if (turn !== "ready" || !fault) return turn;
  return fault.code.startsWith("microphone_") ? "no_microphone" : "no_voice";
}
