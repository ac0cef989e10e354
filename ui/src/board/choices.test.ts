import { expect, it } from "vitest";
import { friday, line } from "../../test/fake/tickets";
import type { Card } from "../generated/Card";
import { choicesOf, pressFor } from "./choices";

const card = { ...friday()[1]!, order: "o", seen: 7, bump: [{ line: "l", upto: 1 }] } as unknown as Card;
const sent = (of: Card) => {
  const { deeds, holds } = choicesOf(of);
  return [...deeds, ...holds].map(({ press }) => press.press);
};

it("a sheet offers what the ticket can be done", () => {
  expect(sent(card)).toEqual(["start", "rush", "park", "hold", "hold", "hold", "hold"]);
  expect(sent({ ...card, rush: true, held: true })).toEqual(["start", "unrush", "park", "release"]);
  expect(sent({ ...card, taken: { whose: "ours" } })).toContain("put_back");
  expect(sent({ ...card, taken: { whose: "others", screen: 2 } })).not.toContain("put_back");
  expect(sent({ ...card, lines: [line(1, "Soup", { state: "started" })] })[0]).toBe("unstart");
});

it("what waits for its time is begun by its own choice", () => {
  const later = { start: { kind: "later", at: 0, with: "Ribeye" } } as const;
  const lines = [
    { ...line(1, "Soup"), id: "now" },
    { ...line(1, "Fries", later), id: "later" },
  ];
  const both = [
    { line: "now", upto: 1 },
    { line: "later", upto: 1 },
  ];
  const starts = choicesOf({ ...card, lines, bump: both }).deeds.flatMap(({ press }) =>
    press.press === "start" ? [press.lines.map((one) => one.line)] : [],
  );
  expect(starts).toEqual([["now"], ["now", "later"]]);
});

it("a key sends what the sheet would, and a second press takes it back", () => {
  const to = { order: "o", seen: 7 };
  expect(pressFor("rush", card)).toEqual({ press: "rush", ...to });
  expect(pressFor("rush", { ...card, rush: true })).toEqual({ press: "unrush", ...to });
  expect(pressFor("hold", card)).toEqual({ press: "hold", ...to });
  expect(pressFor("hold", { ...card, held: true })).toEqual({ press: "release", ...to });
  expect(pressFor("fire", card)).toBeUndefined();
  expect(pressFor("fire", { ...card, next_course: { number: 2 } })).toEqual({ press: "fire", ...to, course: 2 });
});

it("there is nothing to do with a ticket that was taken back but to see it", () => {
  const voided = { ...card, voided: true, next_course: { number: 2 } };
  expect((["rush", "hold", "fire"] as const).map((deed) => pressFor(deed, voided))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
