import { expect, it } from "vitest";
import { friday, line } from "../../test/fake/tickets";
import type { Card } from "../generated/Card";
import type { Place } from "../generated/Place";
import { beside } from "./keys";
import { pressOf } from "./Line";

const card = { ...friday()[0]!, order: "o", seen: 7 } as unknown as Card;

it("a touch on a line means what the line is", () => {
  const meaning = (rest: Parameters<typeof line>[2]) => pressOf(card, { ...line(3, "Soup", rest), id: "l" });
  const pieces = { line: "l", upto: 3 };
  expect(meaning({ state: "queued" })).toEqual({ press: "finish", order: "o", seen: 7, line: pieces });
  expect(meaning({ state: "started", done: 1 })).toEqual({ press: "finish", order: "o", seen: 7, line: pieces });
  expect(meaning({ state: "done", done: 3 })).toEqual({ press: "reopen", order: "o", seen: 7, lines: ["l"] });
  expect(meaning({ state: "queued", change: { kind: "added", was: 0 } })).toMatchObject({ press: "acknowledge" });
  expect(meaning({ state: "done", change: { kind: "changed", was: 4 } })).toMatchObject({ press: "acknowledge" });
  expect(meaning({ state: "voided", change: { kind: "voided", was: 3 } })).toEqual({
    press: "acknowledge",
    order: "o",
    seen: 7,
    lines: [pieces],
  });
  expect(meaning({ state: "voided" })).toBeUndefined();
  expect(meaning({ state: "bumped" })).toBeUndefined();
});

it("arrows go to the card beside, level with the selected one", () => {
  const place = (name: string, column: number, row: number, rows = 1): Place => ({
    card: name,
    column,
    row,
    rows,
  });
  const places = [place("a", 1, 1, 2), place("b", 2, 1), place("c", 2, 2), place("d", 3, 1)];
  expect(beside(places, "a", 1)).toBe(1);
  expect(beside(places, "c", -1)).toBe(0);
  expect(beside(places, "c", 1)).toBe(3);
  expect(beside(places, "d", 1)).toBeUndefined();
  expect(beside(places, undefined, 1)).toBeUndefined();
});
