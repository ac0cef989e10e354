import { expect, it } from "vitest";
import { friday, line } from "../../test/fake/tickets";
import type { Card } from "../generated/Card";
import { choicesOf } from "./choices";

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
  const begun = { ...line(1, "Soup", { state: "started" }), id: "l" };
  expect(sent({ ...card, lines: [begun] })[0]).toBe("unstart");
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
