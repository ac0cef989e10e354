import { expect, it } from "vitest";
import type { Card } from "../generated/Card";
import { changeKey } from "./picture";
import { groupOf } from "./Scheduled";
import { bumpTable } from "./table";

function card(id: string, rest: Partial<Card> = {}): Card {
  return {
    id: `${id}/1`,
    order: id,
    seen: 3,
    label: { kind: "table", text: "12" },
    order_type: "dine_in",
    number: id,
    server: null,
    guests: null,
    promised_at: null,
    courier: null,
    courier_at: null,
    since: 0,
    urgency: "fresh",
    rush: false,
    held: false,
    table: { name: "12", position: 1, tickets: 3 },
    voided: false,
    fresh: false,
    note: null,
    note_allergy: false,
    lines: [],
    elsewhere_more: 0,
    done: 0,
    total: 1,
    part: 1,
    parts: 1,
    bump: [{ line: `${id}-line`, upto: 2 }],
    pending: false,
    ...rest,
  };
}

function glass(...cards: Card[]) {
  return {
    places: cards.map(({ id }, n) => ({ card: id, column: 1, row: n + 1, rows: 1 })),
    cards: Object.fromEntries(cards.map((held) => [held.id, held])),
  };
}

it("BUMP ALL names each ticket of the table as it stands on the glass, and no other", () => {
  const other = card("other", { table: { name: "3", position: 1, tickets: 2 } });
  const alone = card("alone");
  delete alone.table;
  expect(bumpTable(glass(card("a"), other, card("b"), alone), "12")).toEqual({
    press: "bump_table",
    tickets: [
      { order: "a", seen: 3, lines: [{ line: "a-line", upto: 2 }] },
      { order: "b", seen: 3, lines: [{ line: "b-line", upto: 2 }] },
    ],
  });
});

it("BUMP ALL leaves out a void that has yet to be seen, what waits for a station, and parts without a BUMP", () => {
  const tickets = [
    card("void", { voided: true }),
    card("waits", { waits_for: ["Grill"] }),
    card("long", { part: 1, parts: 2 }),
    card("nothing", { bump: [] }),
  ];
  expect(bumpTable(glass(card("a"), ...tickets), "12")).toBeUndefined();
  const all = bumpTable(glass(card("a"), ...tickets, card("b")), "12");
  expect(all?.press === "bump_table" && all.tickets.map(({ order }) => order)).toEqual(["a", "b"]);
});

it("scheduled orders stand by the quarter of an hour, but for those that fire soon", () => {
  const minute = 60_000;
  const rows = [{ at: 4 * minute, soon: true }, { at: 14 * minute }, { at: 15 * minute }, { at: 29 * minute }];
  expect(rows.map(groupOf)).toEqual([0, 0, 15 * minute, 15 * minute]);
  expect(groupOf({ at: 44 * minute, soon: true })).toBe(0);
});

it("another change of the same line is news again", () => {
  const line = { id: "l", quantity: 2, change: { kind: "voided", was: 3 } } as Card["lines"][number];
  const key = changeKey(card("a"), line);
  expect(changeKey(card("a"), { ...line })).toBe(key);
  expect(changeKey(card("a"), { ...line, quantity: 1 })).not.toBe(key);
  expect(changeKey(card("b"), line)).not.toBe(key);
});
