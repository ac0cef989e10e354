/** The tickets of one table that stand together: what BUMP ALL means. */

import type { Card } from "../generated/Card";
import type { Press } from "../generated/Press";
import type { Picture } from "./picture";

/**
 * The tickets of a table whose BUMP is on the glass and may be pressed: none that is on another page, none whose void has
 * yet to be seen, none that still waits for a station.
 */
export function ticketsOf({ places, cards }: Pick<Picture, "places" | "cards">, table: string): Card[] {
  const shown = places.flatMap((place) => cards[place.card] ?? []);
  return shown.filter(
    (card) =>
      card.table?.name === table &&
      card.part === card.parts &&
      !card.voided &&
      card.waits_for === undefined &&
      card.bump.length > 0,
  );
}

/** BUMP ALL, with each ticket as it stands on the glass; nothing where there are not several. */
export function bumpTable(picture: Pick<Picture, "places" | "cards">, table: string): Press | undefined {
  const tickets = ticketsOf(picture, table).map(({ order, seen, bump }) => ({
    order,
    seen,
    lines: bump.map(({ line, upto }) => ({ line, upto })),
  }));
  return tickets.length > 1 ? { press: "bump_table", tickets } : undefined;
}
