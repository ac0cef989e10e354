/**
 * Counts as they stand while somebody looks at them. They come with the most wanted first, and change places at every
 * bump; a tile that a hand goes for has to stay. So the order is the one of when the list was opened: what is new comes
 * last, and what is done keeps its place with nothing left to make.
 */

import type { AllDayCount } from "../generated/AllDayCount";

/** A tile: an item, and its count while there is something to make of it. */
export interface Tile {
  item: string;
  name: string;
  count: AllDayCount | undefined;
}

/** Where the tiles stand now, if they stood as `before`. */
export function standing(before: readonly Tile[], counts: readonly AllDayCount[]): Tile[] {
  const left = new Map(counts.map((count) => [count.item, count]));
  const kept = before.map((tile) => {
    const count = left.get(tile.item);
    left.delete(tile.item);
    return count === tile.count ? tile : { ...tile, count };
  });
  return [...kept, ...[...left.values()].map((count) => ({ item: count.item, name: count.name, count }))];
}
