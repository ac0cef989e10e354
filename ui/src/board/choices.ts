/**
 * What can be done with a ticket besides cooking and bumping it: each choice is one press, and means the card as it stands.
 *
 * Keys of their own mean the same for the selected card; what they come to is decided where the card is (`keys.ts`).
 */

import type { Card } from "../generated/Card";
import type { Press } from "../generated/Press";
import type { Language } from "../i18n/en";

/** One of them, in the cook's words. */
export interface Choice {
  says: (text: Language) => string;
  press: Press;
}

const HOLD_MINUTES = [5, 10, 20] as const;

/** What is done at once, and for how long it can be held. */
export interface Choices {
  deeds: Choice[];
  holds: Choice[];
}

export function choicesOf(card: Card): Choices {
  const { order, seen } = card;
  const lines = card.bump.map(({ line, upto }) => ({ line, upto }));
  // What waits for its time is begun by whoever asks for all of it.
  const early = new Set(card.lines.flatMap((line) => (line.start?.kind === "later" ? [line.id] : [])));
  const own = card.lines.filter((line) => line.place.kind === "own" && line.waits === undefined);
  const begun = new Set(own.filter((line) => line.state !== "queued").map((line) => line.id));
  const queued = lines.filter(({ line }) => !begun.has(line));
  const due = queued.filter(({ line }) => !early.has(line));
  const deeds: Choice[] = [];
  if (due.length > 0) {
    deeds.push({ says: (text) => text.start, press: { press: "start", order, seen, lines: due } });
  }
  if (due.length < queued.length) {
    deeds.push({ says: (text) => text.startAll, press: { press: "start", order, seen, lines: queued } });
  }
  if (own.some((line) => line.state === "started")) {
    deeds.push({ says: (text) => text.unstart, press: { press: "unstart", order, seen, lines } });
  }
  deeds.push(
    card.rush
      ? { says: (text) => text.unrush, press: { press: "unrush", order, seen } }
      : { says: (text) => text.rushIt, press: { press: "rush", order, seen } },
  );
  if (card.next_course) {
    const { number: course, name } = card.next_course;
    deeds.push({
      says: (text) => text.fireCourse(name ?? text.course(course)),
      press: { press: "fire", order, seen, course },
    });
  }
  if (card.taken?.whose === "ours") {
    deeds.push({ says: (text) => text.putBack, press: { press: "put_back", order, seen } });
  }
  deeds.push({ says: (text) => text.parkIt, press: { press: "park", order, seen } });
  if (card.held) {
    deeds.push({ says: (text) => text.release, press: { press: "release", order, seen } });
    return { deeds, holds: [] };
  }
  const holds: Choice[] = HOLD_MINUTES.map((minutes) => ({
    says: (text) => text.forMinutes(minutes),
    press: { press: "hold", order, seen, minutes },
  }));
  holds.push({ says: (text) => text.untilReleased, press: { press: "hold", order, seen } });
  return { deeds, holds };
}
