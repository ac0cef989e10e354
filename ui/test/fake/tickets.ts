/** The tickets of an evening: everything that a board can have to show. */

import type { Card } from "../../src/generated/Card";
import type { CardLine } from "../../src/generated/CardLine";
import type { CardModifier } from "../../src/generated/CardModifier";
import type { LinePlace } from "../../src/generated/LinePlace";
import type { ModifierClass } from "../../src/generated/ModifierClass";

/** A ticket before it is laid out: what a card is cut from. */
export type Ticket = Omit<Card, "id" | "part" | "parts" | "elsewhere_more" | "done" | "total" | "bump">;

/** 18:42:07 on some evening, UTC. */
export const EVENING = Date.UTC(2026, 5, 12, 18, 42, 7);

const own: LinePlace = { kind: "own", cooking: [] };
const at = (...stations: string[]): LinePlace => ({ kind: "elsewhere", stations });
export const mod = (cls: ModifierClass, text: string): CardModifier => ({ class: cls, text });

let lines = 0;
export function line(quantity: number, name: string, rest: Partial<CardLine> = {}): CardLine {
  lines += 1;
  return {
    id: `l${lines}`,
    quantity,
    done: 0,
    name,
    modifiers: [],
    note: null,
    note_allergy: false,
    seat: null,
    course: null,
    nested: false,
    place: own,
    state: "queued",
    ...rest,
  };
}

let orders = 0;
export function ticket(ageSeconds: number, rest: Partial<Ticket> & Pick<Ticket, "label" | "lines">): Ticket {
  orders += 1;
  return {
    order: `o${orders}`,
    seen: 1,
    order_type: "dine_in",
    number: String(40 + orders).padStart(4, "0"),
    server: null,
    guests: null,
    promised_at: null,
    courier: null,
    courier_at: null,
    since: EVENING - ageSeconds * 1000,
    urgency: ageSeconds >= 900 ? "late" : ageSeconds >= 600 ? "soon" : "fresh",
    rush: false,
    held: false,
    voided: false,
    fresh: false,
    note: null,
    note_allergy: false,
    pending: false,
    ...rest,
  };
}

const table = (text: string) => ({ kind: "table", text }) as const;

/** The board of an ordinary Friday. */
export function friday(): Ticket[] {
  return [
    ticket(964, {
      label: table("12"),
      server: "Ana",
      guests: 4,
      rush: true,
      lines: [
        line(2, "Oysters", { state: "done", done: 2 }),
        line(1, "Ribeye 14 oz", { modifiers: [mod("temperature", "medium rare"), mod("removal", "no butter")] }),
        line(2, "Smash burger", {
          state: "started",
          modifiers: [mod("addition", "extra bacon"), mod("allergy", "sesame")],
        }),
        line(1, "Half chicken", {
          modifiers: [mod("substitution", "sub slaw for fries")],
          note: "guest in a hurry, curtain 19:30",
        }),
        line(2, "Fries", { place: at("Fry"), state: "done", done: 2 }),
        line(1, "Caesar", { place: at("Cold"), state: "started" }),
      ],
    }),
    ticket(920, {
      label: { kind: "name", text: "Okafor" },
      order_type: "pickup",
      promised_at: EVENING - 127_000,
      lines: [line(3, "Chicken wrap", { modifiers: [mod("removal", "without onion")] }), line(1, "Lamb kofta")],
    }),
    ticket(211, {
      label: table("3"),
      server: "Ana",
      lines: [
        line(1, "Sirloin 8 oz", { modifiers: [mod("temperature", "rare")] }),
        line(1, "Veg skewer", { change: { kind: "added", was: 0 } }),
      ],
    }),
    ticket(708, {
      label: table("7"),
      server: "Leo",
      guests: 2,
      lines: [
        line(2, "Sea bass", { modifiers: [mod("temperature", "well done")] }),
        line(1, "Halloumi", { state: "done", done: 1 }),
      ],
    }),
    ticket(125, {
      label: { kind: "number", text: "8813" },
      order_type: "delivery",
      courier: "courier",
      courier_at: EVENING + 773_000,
      pending: true,
      lines: [line(2, "Half chicken"), line(1, "Ribs", { modifiers: [mod("allergy", "gluten")] })],
    }),
    ticket(250, {
      label: { kind: "number", text: "3" },
      order_type: "drive_thru",
      lines: [line(4, "Smash burger", { modifiers: [mod("addition", "double cheese")] }), line(2, "Nuggets 6")],
    }),
    ticket(22, {
      label: table("15"),
      fresh: true,
      lines: [line(6, "Wings", { modifiers: [mod("addition", "extra hot sauce")] })],
    }),
  ];
}

/** Everything that is rare, on one board. */
export function odd(): Ticket[] {
  return [
    ticket(3_725, {
      label: { kind: "name", text: "Wolfeschlegelsteinhausen" },
      order_type: "drive_thru",
      server: "Maximiliana-Theodora",
      guests: 12,
      rush: true,
      courier: "Express courier",
      courier_at: EVENING + 60_000,
      note: "birthday, candles with the dessert",
      lines: [
        line(12, "Slow-roasted shoulder of lamb with rosemary potatoes and mint sauce", {
          seat: "2",
          course: 2,
          modifiers: [mod("plain", "on the side: mint sauce, gravy, horseradish and mustard")],
        }),
        line(3, "Arancini", { done: 1, state: "started" }),
      ],
    }),
    ticket(400, {
      label: table("Patio 4"),
      guests: 1,
      voided: true,
      lines: [
        line(2, "Club sandwich", { state: "voided", change: { kind: "voided", was: 2 } }),
        line(1, "Onion soup", { state: "voided" }),
      ],
    }),
    ticket(620, {
      label: table("21"),
      note: "guest carries an epipen, peanuts",
      note_allergy: true,
      lines: [
        line(3, "Pad thai", { change: { kind: "changed", was: 2 } }),
        line(1, "Satay", { state: "voided", change: { kind: "voided", was: 1 } }),
      ],
    }),
    ticket(300, {
      label: { kind: "number", text: "0117" },
      order_type: "online",
      held: true,
      problem: { code: "line_not_at_station", params: {}, retry: false },
      lines: [line(1, "Calzone"), line(1, "Side salad", { nested: true })],
    }),
    ticket(180, {
      label: table("Banquet"),
      guests: 40,
      server: "Leo",
      lines: Array.from({ length: 26 }, (_, n) =>
        line((n % 9) + 1, `Course dish ${n + 1}`, {
          state: n < 3 ? "done" : "queued",
          done: n < 3 ? (n % 9) + 1 : 0,
          modifiers: n % 4 === 0 ? [mod("removal", "no garnish")] : [],
        }),
      ),
    }),
    ticket(60, {
      label: { kind: "name", text: "Đặng Nguyễn" },
      order_type: "kiosk",
      fresh: true,
      lines: [
        line(1, "Bún chả", { state: "done", done: 1 }),
        line(2, "Phở bò", { state: "done", done: 2 }),
        line(1, "Gỏi cuốn", { state: "bumped", done: 1 }),
      ],
    }),
  ];
}

/** Enough plain tickets for several pages. */
export function rushHour(count: number): Ticket[] {
  return Array.from({ length: count }, (_, n) =>
    ticket(900 - n * 17, {
      label: table(String(30 + n)),
      lines: [line((n % 3) + 1, n % 2 ? "Cheeseburger" : "Quattro stagioni"), line(1, "Tiramisu")],
    }),
  );
}
