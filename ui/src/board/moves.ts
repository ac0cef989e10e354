/**
 * Which cards have only just come to lie where another one lay, and not by a hand of this screen. A finger that was on
 * its way to the other one has not seen that: for a moment a touch of such a card presses nothing.
 *
 * What this screen itself did is exempt. Who bumps a ticket or turns a page knows that the others move, and works on;
 * a second touch at the same spot is caught as a bounce (`touch.ts`).
 */

import type { Place } from "../generated/Place";

/** Longer than the last stretch of a hand's way, on which the eye no longer corrects it. */
const UNSEEN_MS = 300;
/** How long after an own act a move may still be its doing. */
const OWN_MS = 2_000;

export class Moves {
  readonly #came = new Map<string, number>();
  /** Orders that this screen acted on, and when. */
  readonly #own = new Map<string, number>();
  #ownAny = Number.NEGATIVE_INFINITY;

  /** This screen does something to an order, or to one that it cannot name, or looks elsewhere. */
  own(order: string | undefined, now: number): void {
    if (order === undefined) this.#ownAny = now;
    else this.#own.set(order, now);
  }

  /** The cards stand elsewhere now; `orderOf` knows the order of every card of before and after. */
  move(
    before: readonly Place[],
    after: readonly Place[],
    orderOf: (card: string) => string | undefined,
    now: number,
  ): void {
    for (const [card, came] of this.#came) if (now - came >= UNSEEN_MS) this.#came.delete(card);
    for (const [order, at] of this.#own) if (now - at >= OWN_MS) this.#own.delete(order);
    const changed = [...before, ...after].filter(({ card }) => !same(find(before, card), find(after, card)));
    const isOwn = changed.some(({ card }) => this.#own.has(orderOf(card) ?? ""));
    if (isOwn || now - this.#ownAny < OWN_MS) return;
    for (const place of after) {
      if (before.some((other) => other.card !== place.card && overlap(other, place))) {
        if (!same(find(before, place.card), place)) this.#came.set(place.card, now);
      }
    }
  }

  /** Whether a touch of the card may have been meant for what lay there before. */
  isUnseen(card: string, now: number): boolean {
    const came = this.#came.get(card);
    return came !== undefined && now - came < UNSEEN_MS;
  }
}

function find(places: readonly Place[], card: string): Place | undefined {
  return places.find((place) => place.card === card);
}

function same(one: Place | undefined, other: Place | undefined): boolean {
  return one?.column === other?.column && one?.row === other?.row && one?.rows === other?.rows;
}

function overlap(one: Place, other: Place): boolean {
  return one.column === other.column && one.row < other.row + other.rows && other.row < one.row + one.rows;
}
