import { createEffect, createRoot } from "solid-js";
import { unwrap } from "solid-js/store";
import { describe, expect, it } from "vitest";
import { frameBetween, overWire, type Whole, wholeFrame } from "../../test/fake/frames";
import { FakeKitchen } from "../../test/fake/kitchen";
import { friday, line, odd, type Ticket, ticket } from "../../test/fake/tickets";
import { panelOf, SAID } from "../../test/fake/talk";
import { type Chance, randomFrom } from "../../test/random";
import type { Frame } from "../generated/Frame";
import type { Talk } from "../generated/Talk";
import { createCanvas, type Picture } from "./picture";

describe("R4.3 a whole frame and the changes after it give the picture", () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    it(`R4.3 snapshot + changes == state, seed ${seed}`, () => {
      const chance = randomFrom(seed * 7919);
      const { picture, apply } = createCanvas();
      let held = somePicture(chance);
      apply(wholeFrame(held, 1, 1, 0));
      for (let revision = 2; revision < 40; revision += 1) {
        const next = someChange(chance, held);
        const frame = chance.maybe(0.05)
          ? wholeFrame(next, 1, revision, 0)
          : frameBetween(held, next, { mount: 1, base: revision - 1, revision, now: 0 });
        apply(frame);
        held = next;
        expect(shown(picture)).toEqual(held);
      }
    });
  }

  it("R4.3 a whole frame without a section empties it", () => {
    const { picture, apply } = createCanvas();
    apply(wholeFrame(somePicture(randomFrom(3)), 1, 1, 0));
    const bare: Frame = { mount: 2, revision: 1, now: 0, cards: [], gone: [] };
    apply(bare);
    expect([picture.head, picture.talk]).toEqual([undefined, undefined]);
    expect(
      [picture.places, picture.counts, picture.rows, picture.chips, picture.toasts, picture.notices].flat(),
    ).toEqual([]);
    expect(Object.keys(picture.cards)).toEqual([]);
  });
});

it("a frame touches only what it changes", () => {
  const { picture, apply } = createCanvas();
  const before = pictureOf([
    ticket(10, { label: { kind: "table", text: "1" }, lines: [line(1, "Soup"), line(2, "Fish")] }),
    ticket(5, { label: { kind: "table", text: "2" }, lines: [line(1, "Tart")] }),
  ]);
  const [one, two] = before.cards.map((card) => card.id) as [string, string];
  apply(wholeFrame(before, 1, 1, 0));
  const seen: string[] = [];
  const dispose = createRoot((end) => {
    const watch = (name: string, read: () => unknown): void =>
      createEffect(() => {
        read();
        seen.push(name);
      });
    watch("soup", () => picture.cards[one]!.lines[0]!.state);
    watch("fish", () => picture.cards[one]!.lines[1]!.state);
    watch("tart", () => picture.cards[two]!.lines[0]!.state);
    watch("places", () => picture.places.map((place) => place.column));
    return end;
  });
  expect(seen).toEqual(["soup", "fish", "tart", "places"]);
  seen.length = 0;
  const after = overWire(before);
  after.cards[0]!.lines[1]!.state = "done";
  apply(frameBetween(before, after, { mount: 1, base: 1, revision: 2, now: 0 }));
  expect(seen).toEqual(["fish"]);
  dispose();
});

function shown(picture: Picture): Whole {
  const {
    head,
    connection,
    cards,
    places,
    counts,
    rows,
    chips,
    toasts,
    notices,
    ingredients,
    review,
    closing,
    house,
    talk,
  } = structuredClone(unwrap(picture));
  const ids = places.map((place) => place.card);
  expect(Object.keys(cards).toSorted()).toEqual(ids.toSorted());
  return {
    head: head!,
    connection: connection!,
    cards: ids.map((id) => cards[id]!),
    places,
    counts,
    rows,
    chips,
    toasts,
    notices,
    ingredients,
    review,
    ...(talk ? { talk } : {}),
    closing,
    house,
  };
}

function pictureOf(tickets: Ticket[]): Whole {
  return overWire(new FakeKitchen(tickets).picture());
}

const TICKETS = [...friday(), ...odd()];

function somePicture(chance: Chance): Whole {
  const whole = pictureOf(TICKETS.filter(() => chance.maybe()));
  whole.toasts = some(chance, 3, (n) => ({
    operation: `op${n}`,
    order: `o${n}`,
    label: { kind: "table" as const, text: String(n) },
    order_type: "dine_in" as const,
    until: chance.below(9999),
  }));
  const looked = chance.maybe() ? whole.cards[0] : undefined;
  whole.ingredients = some(chance, 3, (n) => ({ name: `i${n}`, unit: "g", amount: chance.below(99) }));
  whole.review = looked ? { card: structuredClone(looked) } : {};
  whole.rows = some(chance, 5, (n) => ({
    order: `o${n}`,
    seen: chance.below(9),
    label: { kind: "name" as const, text: chance.one(["Ng", "Okafor"]) },
    order_type: "pickup" as const,
    number: String(n),
    at: 1,
    since: 0,
    lines: some(chance, 3, (i) => `${i} Fish`),
    ...(chance.maybe() ? { bump: `b${n}` } : {}),
  }));
  whole.notices = some(chance, 3, (id) => ({
    id,
    fault: {
      code: chance.one(["a", "b"]),
      params: chance.maybe() ? { x: "1" } : { y: "2" },
      retry: chance.maybe(),
    },
    label: null,
    order_type: null,
  }));
  whole.talk = someTalk(chance);
  return whole;
}

/** Another turn, another outcome, and a panel that is open or not. */
function someTalk(chance: Chance): Talk {
  return overWire({
    turn: chance.one(["ready", "listening", "thinking"]),
    since: chance.below(9),
    mode: chance.one(["hold", "toggle"]),
    fault: chance.one([undefined, { code: "microphone_none", params: {}, retry: true }]),
    said: chance.one([undefined, ...Object.values(SAID)]),
    panel: chance.one([undefined, panelOf({ level: chance.below(100) })]),
  } as Talk);
}

/** Cards change, come, go and move; optional fields appear and disappear; lines, modifiers and presses grow and shrink. */
function someChange(chance: Chance, held: Whole): Whole {
  const fresh = somePicture(chance);
  const next = overWire(held);
  if (chance.maybe(0.3)) Object.assign(next, { cards: fresh.cards, places: fresh.places });
  for (const name of ["toasts", "rows", "notices", "counts", "chips", "head", "talk"] as const) {
    if (chance.maybe(0.3)) Object.assign(next, { [name]: fresh[name] });
  }
  for (const card of next.cards) {
    if (chance.maybe(0.3)) card.seen += 1;
    if (chance.maybe(0.3)) card.bump = card.bump.filter(() => chance.maybe(0.7));
    if (chance.maybe(0.2)) card.lines = card.lines.filter(() => chance.maybe(0.8)).toReversed();
    if (chance.maybe(0.2))
      card.problem = { code: "order_voided", params: { n: String(chance.below(5)) }, retry: false };
    else if (chance.maybe(0.3)) delete card.problem;
    for (const each of card.lines) {
      if (chance.maybe(0.2))
        each.modifiers = some(chance, 4, (n) => ({
          text: `m${n}`,
          class: chance.one(["plain", "allergy"] as const),
        }));
      if (chance.maybe(0.2)) each.change = { kind: "added", was: chance.below(3) };
      else if (chance.maybe(0.3)) delete each.change;
      if (chance.maybe(0.2)) {
        each.place = chance.maybe()
          ? { kind: "own", cooking: chance.maybe() ? ["Fry"] : [] }
          : { kind: "elsewhere", stations: ["Cold"] };
      }
    }
  }
  if (chance.maybe(0.2)) {
    if (chance.maybe()) next.head.selected = "x";
    else delete next.head.selected;
    next.connection = chance.maybe()
      ? { state: "live", since: 1, hub: "", unsent: 0, attempts: 0 }
      : {
          state: "refused",
          since: 2,
          hub: "h",
          unsent: 1,
          attempts: 0,
          oldest_unsent: 5,
          fault: { code: "c", params: {}, retry: false },
        };
  }
  return next;
}

function some<T>(chance: Chance, most: number, make: (n: number) => T): T[] {
  return Array.from({ length: most }, (_, n) => n)
    .filter(() => chance.maybe())
    .map(make);
}
