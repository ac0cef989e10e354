import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { randomFrom } from "../../test/random";
import type { TalkMode } from "../generated/TalkMode";
import { createHand, ECHO_MS, type Hand, type Limb, REST_MS } from "./hand";
import { talkKey } from "./keys";

let said: string[];
let mode: TalkMode;
let hand: Hand;
let deaf: boolean;
let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  mode = "hold";
  deaf = false;
  hand = createHand(
    ({ talk }) => void said.push(talk),
    () => mode,
  );
  stop = talkKey(hand, () => deaf);
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

it("it is down at once, and up when it has really been let go", () => {
  hand.down("finger");
  expect(said).toEqual(["down"]);
  expect(hand.held()).toBe(true);
  hand.up("finger");
  vi.advanceTimersByTime(REST_MS - 1);
  expect(said).toEqual(["down"]);
  vi.advanceTimersByTime(1);
  expect(said).toEqual(["down", "up"]);
  expect(hand.held()).toBe(false);
});

it("a wet finger that bounces, and a switch whose contact does, hold on", () => {
  for (const by of ["finger", "key"] as const) {
    hand.down(by);
    hand.up(by);
    vi.advanceTimersByTime(REST_MS - 1);
    hand.down(by);
    vi.advanceTimersByTime(10_000);
    expect(said).toEqual(["down"]);
    hand.up(by);
    vi.advanceTimersByTime(REST_MS);
    expect(said.splice(0)).toEqual(["down", "up"]);
  }
});

it("who presses while another holds is not heard, nor its letting go", () => {
  hand.down("finger");
  hand.down("key");
  hand.up("key");
  vi.advanceTimersByTime(1_000);
  expect(said).toEqual(["down"]);
  hand.up("finger");
  // Another hand comes before the first one's rest is over: the first press ends, a second one begins.
  hand.down("key");
  expect(said).toEqual(["down", "up", "down"]);
});

it("in toggle mode an echo of the press is no second press", () => {
  mode = "toggle";
  tap();
  tap();
  expect(said).toEqual(["down", "up"]);
  vi.advanceTimersByTime(ECHO_MS);
  tap();
  expect(said).toEqual(["down", "up", "down", "up"]);
});

it("a held key that repeats, marked or not, is one press", () => {
  key("keydown", "v");
  for (let n = 0; n < 30; n += 1) {
    key("keydown", "v", { repeat: n % 2 === 0 });
    vi.advanceTimersByTime(30);
  }
  // Some systems send a release with each repeat.
  for (let n = 0; n < 5; n += 1) {
    key("keyup", "v");
    key("keydown", "v");
    vi.advanceTimersByTime(30);
  }
  expect(said).toEqual(["down"]);
  key("keyup", "V", { ctrlKey: true });
  vi.advanceTimersByTime(REST_MS);
  expect(said).toEqual(["down", "up"]);
});

it("other keys, commands with V, and keys that are another's do not talk", () => {
  key("keydown", "b");
  key("keydown", "v", { ctrlKey: true });
  key("keydown", "v", { altKey: true });
  key("keydown", "v", { metaKey: true });
  deaf = true;
  key("keydown", "v");
  expect(said).toEqual([]);
  // One that was held before is let go all the same.
  deaf = false;
  key("keydown", "v");
  deaf = true;
  key("keyup", "v");
  vi.advanceTimersByTime(REST_MS);
  expect(said).toEqual(["down", "up"]);
});

it("a key whose window loses the focus has said nothing, a finger is still seen", () => {
  key("keydown", "v");
  dispatchEvent(new Event("blur"));
  expect(said.splice(0)).toEqual(["down", "cancel"]);
  key("keyup", "v");
  vi.advanceTimersByTime(1_000);
  expect(said).toEqual([]);
  hand.down("finger");
  dispatchEvent(new Event("blur"));
  expect(said).toEqual(["down"]);
});

it("a page that is hidden or goes has said nothing, and nothing comes after it", () => {
  const hides: (() => void)[] = [
    () => dispatchEvent(new Event("pagehide")),
    () => {
      vi.spyOn(document, "hidden", "get").mockReturnValue(true);
      document.dispatchEvent(new Event("visibilitychange"));
    },
    stop,
  ];
  for (const hide of hides) {
    hand.down("finger");
    hide();
    expect(said.splice(0)).toEqual(["down", "cancel"]);
    hand.up("finger");
    vi.advanceTimersByTime(1_000);
    expect(said).toEqual([]);
  }
});

it("what was let go already, or goes on by itself, was said all the same", () => {
  hand.down("finger");
  hand.up("finger");
  hand.lost();
  expect(said.splice(0)).toEqual(["down", "up"]);
  mode = "toggle";
  vi.advanceTimersByTime(ECHO_MS);
  hand.down("finger");
  hand.lost();
  expect(said).toEqual(["down", "up"]);
});

it("a click, which cannot be held, begins and ends", () => {
  hand.click();
  vi.advanceTimersByTime(2_000);
  expect(said).toEqual(["down"]);
  hand.click();
  vi.advanceTimersByTime(REST_MS);
  expect(said).toEqual(["down", "up"]);
});

for (let seed = 1; seed <= 50; seed += 1) {
  it(`whatever hands do, every down has its one up or cancel, seed ${seed}`, () => {
    const chance = randomFrom(seed * 104_729);
    const limb = (): Limb => chance.one(["finger", "key", "click"]);
    for (let step = 0; step < 200; step += 1) {
      const does = chance.below(5);
      if (does < 2) hand.down(limb());
      else if (does < 4) hand.up(limb());
      else if (chance.maybe(0.3)) hand.lost(chance.maybe() ? limb() : undefined);
      if (chance.maybe(0.1)) mode = chance.one(["hold", "toggle"]);
      if (chance.maybe()) vi.advanceTimersByTime(chance.below(150));
      expect(said.at(-1) === "down").toBe(hand.held());
    }
    hand.lost();
    const pairs = said.map((talk) => (talk === "down" ? "down" : "end"));
    expect(pairs).toEqual(pairs.map((_, n) => (n % 2 ? "end" : "down")));
    expect(pairs.length % 2).toBe(0);
    expect(pairs.length).toBeGreaterThan(10);
  });
}

function tap(): void {
  hand.down("finger");
  hand.up("finger");
  vi.advanceTimersByTime(REST_MS);
}

function key(type: "keydown" | "keyup", name: string, rest: KeyboardEventInit = {}): void {
  dispatchEvent(new KeyboardEvent(type, { key: name, cancelable: true, ...rest }));
}
