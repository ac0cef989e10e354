import { createRoot } from "solid-js";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { readyTalk, SAID, talkOf } from "../../test/fake/talk";
import type { Fault } from "../generated/Fault";
import type { Talk } from "../generated/Talk";
import type { TalkPress } from "../generated/TalkPress";
import { lookOf, roomOf, stripOf } from "./strip";
import { createTalking, type Talking } from "./talking";

const fault = (code: string): Fault => ({ code, params: {}, retry: true });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("the bar has what is most wanted now: a question, a turn, why nobody can speak, what came of the last turn", () => {
  const said = SAID["done"]!;
  const asked = SAID["pair"]!;
  const away = fault("voice_away");
  const shown = (talk: Talk | undefined, asksWhy = false) => stripOf(talk, asksWhy)?.strip;
  expect(shown(undefined, true)).toBeUndefined();
  expect(shown(readyTalk())).toBeUndefined();
  expect(shown(readyTalk(), true)).toBeUndefined();
  expect(shown(readyTalk({ fault: away }))).toBeUndefined();
  expect(shown(readyTalk({ fault: away, said }))).toBe("said");
  expect(shown(readyTalk({ fault: away, said }), true)).toBe("cannot");
  expect(shown(readyTalk({ turn: "thinking", fault: away, said }), true)).toBe("turn");
  // It is there to be answered, by word as well.
  expect(shown(readyTalk({ turn: "listening", said: asked }))).toBe("said");
});

it("what has to be read or answered takes all the room, a turn and what was done a line", () => {
  const rooms = (names: string[]) => names.map((name) => roomOf(stripOf(talkOf(name), true)));
  expect(rooms(["ready"])).toEqual(["none"]);
  expect(new Set(rooms(["listening", "sending", "thinking", "done", "stock", "dropped"]))).toEqual(
    new Set(["line"]),
  );
  expect(
    new Set(rooms(["cannot", "away", "pair", "asked", "count", "late", "not_understood", "timed_out", "refused"])),
  ).toEqual(new Set(["wide"]));
});

it("the button says which of the two is missing, and nothing of it while it listens", () => {
  expect(lookOf(readyTalk())).toBe("ready");
  expect(lookOf(readyTalk({ fault: fault("microphone_busy") }))).toBe("no_microphone");
  expect(lookOf(readyTalk({ fault: fault("speech_model_missing") }))).toBe("no_voice");
  expect(lookOf(readyTalk({ turn: "listening", fault: fault("voice_away") }))).toBe("listening");
});

it("a press while nobody can speak is told all the same, and for a while the reason stands there", () => {
  const { talking, told, strip } = scene(readyTalk({ fault: fault("microphone_none") }));
  talking.hand.down("key");
  talking.hand.up("key");
  vi.advanceTimersByTime(100);
  expect(told.map(({ talk }) => talk)).toEqual(["down", "up"]);
  expect(strip()).toBe("cannot");
  vi.advanceTimersByTime(7_000);
  expect(strip()).toBe("cannot");
  vi.advanceTimersByTime(1_000);
  expect(strip()).toBeUndefined();
  talking.hand.down("key");
  talking.forgetWhy();
  expect(strip()).toBeUndefined();
});

it("a refusal is told once: not when the frame says it already, and not of the panel", async () => {
  const stands = fault("voice_away");
  const { talking, refuse, failed } = scene(readyTalk({ fault: stands }));
  for (const [press, code] of [
    [{ talk: "down" }, "voice_away"],
    [{ talk: "panel", open: false }, "not_answering"],
    [{ talk: "up" }, "talk_busy"],
  ] as [TalkPress, string][]) {
    refuse(fault(code));
    talking.say(press);
    await vi.advanceTimersByTimeAsync(0);
  }
  expect(failed.map(({ code }) => code)).toEqual(["talk_busy"]);
});

function scene(talk: Talk) {
  const told: TalkPress[] = [];
  const failed: Fault[] = [];
  let refusal: Fault | undefined;
  const tell = async (press: TalkPress) => {
    told.push(press);
    return refusal;
  };
  const talking: Talking = createRoot(() =>
    createTalking(
      () => talk,
      tell,
      (refused) => void failed.push(refused),
    ),
  );
  const refuse = (next: Fault) => void (refusal = next);
  return { talking, told, failed, refuse, strip: () => talking.strip()?.strip };
}
