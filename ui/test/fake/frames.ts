/** Whole pictures and the frames between them, as the kitchen behind the page makes them. */

import type { Card } from "../../src/generated/Card";
import type { Frame } from "../../src/generated/Frame";

/** Everything that one view shows: a whole frame without its cursor, with no section missing but what this kitchen may not have. */
export type Whole = Required<Omit<Frame, "mount" | "base" | "revision" | "now" | "gone" | "talk">> &
  Pick<Frame, "talk">;

export function wholeFrame(whole: Whole, mount: number, revision: number, now: number): Frame {
  return overWire({ mount, revision, now, ...whole, gone: [] });
}

/** What changed from one picture to the next. */
export function frameBetween(
  before: Whole,
  after: Whole,
  cursor: { mount: number; base: number; revision: number; now: number },
): Frame {
  const held = new Map(before.cards.map((card) => [card.id, card]));
  const kept = new Set(after.cards.map((card) => card.id));
  const frame: Frame = {
    ...cursor,
    cards: after.cards.filter((card) => !same(held.get(card.id), card)),
    gone: before.cards.filter((card: Card) => !kept.has(card.id)).map((card) => card.id),
  };
  for (const name of [
    "head",
    "connection",
    "places",
    "counts",
    "rows",
    "chips",
    "toasts",
    "notices",
    "ingredients",
    "review",
    "talk",
    "closing",
    "house",
  ] as const) {
    if (!same(before[name], after[name])) Object.assign(frame, { [name]: after[name] });
  }
  return overWire(frame);
}

export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A copy as it comes over the border: nothing is shared with the original, nor within it. */
export function overWire<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
