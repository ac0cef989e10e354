import { expect, it } from "vitest";
import type { Place } from "../generated/Place";
import { Moves } from "./moves";

const place = (card: string, column: number, row: number, rows = 1): Place => ({ card, column, row, rows });
const orderOf = (card: string) => card.split("/")[0];
const BEFORE = [place("a/1", 1, 1), place("b/1", 1, 2), place("c/1", 2, 1)];
/** `a` is gone, and the others close the gap. */
const AFTER = [place("b/1", 1, 1), place("c/1", 1, 2)];

it("what comes to lie where another card lay is unseen for a moment", () => {
  const moves = new Moves();
  moves.move(BEFORE, AFTER, orderOf, 1_000);
  expect(["b/1", "c/1"].map((card) => moves.isUnseen(card, 1_299))).toEqual([true, true]);
  expect(moves.isUnseen("b/1", 1_300)).toBe(false);
});

it("what stays, and what comes where nothing was, is no surprise", () => {
  const moves = new Moves();
  const grown = [...BEFORE, place("d/1", 2, 2)];
  moves.move(BEFORE, grown, orderOf, 0);
  expect(grown.some(({ card }) => moves.isUnseen(card, 1))).toBe(false);
});

it("a ticket that grows over its neighbour is one", () => {
  const moves = new Moves();
  moves.move(BEFORE, [place("a/1", 1, 1, 2), place("b/1", 2, 1), place("c/1", 2, 2)], orderOf, 0);
  expect(["a/1", "b/1", "c/1"].map((card) => moves.isUnseen(card, 1))).toEqual([true, true, false]);
});

it("who did it himself works on, and only what he did counts as his", () => {
  const moves = new Moves();
  moves.own("a", 500);
  moves.move(BEFORE, AFTER, orderOf, 560);
  expect(moves.isUnseen("b/1", 561)).toBe(false);
  moves.move(AFTER, [place("c/1", 1, 1)], orderOf, 600);
  expect(moves.isUnseen("c/1", 601)).toBe(true);
  moves.own(undefined, 1_000);
  moves.move(BEFORE, AFTER, orderOf, 1_100);
  expect(moves.isUnseen("b/1", 1_101)).toBe(false);
  moves.move(BEFORE, AFTER, orderOf, 9_000);
  expect(moves.isUnseen("b/1", 9_001)).toBe(true);
});
