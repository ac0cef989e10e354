/** What can be said to the fake kitchen and what it comes to; and a voice panel with everything in it. */

import type { Fault } from "../../src/generated/Fault";
import type { Outcome } from "../../src/generated/Outcome";
import type { Said } from "../../src/generated/Said";
import type { SpokenAct } from "../../src/generated/SpokenAct";
import type { Talk } from "../../src/generated/Talk";
import type { TicketLabel } from "../../src/generated/TicketLabel";
import type { VoicePanel } from "../../src/generated/VoicePanel";
import { EVENING } from "./tickets";

const table = (text: string): TicketLabel => ({ kind: "table", text });
const on = (verb: SpokenAct["verb"], label: TicketLabel, rest: Partial<SpokenAct> = {}): SpokenAct => ({
  verb,
  label,
  order_type: "dine_in",
  items: [],
  ...rest,
});
const DRIVE_THRU = { label: { kind: "number", text: "3" } as const, order_type: "drive_thru" as const };
const late = (label: TicketLabel, order_type: "dine_in" | "pickup" | "delivery" = "dine_in") => ({
  label,
  order_type,
});
const fault = (code: string): Fault => ({ code, params: {}, retry: true });

/** Some of each thing that can come of a turn, the longest ones too. */
export const SAID: Record<string, Said> = Object.fromEntries(
  Object.entries({
    done: ["bump drive-thru three", { kind: "done", act: { verb: "bump", items: [], ...DRIVE_THRU } }],
    lines: [
      "bump the smash burgers on table twelve",
      { kind: "done", act: on("bump", table("12"), { items: ["Smash burger"] }) },
    ],
    stock: ["eighty six the halloumi", { kind: "done", act: { verb: "eighty_six", items: ["Halloumi"] } }],
    dropped: ["no", { kind: "dropped" }],
    pair: ["bump fifteen", { kind: "asked", choices: [on("bump", table("15")), on("hold", table("50"))] }],
    asked: [
      "rush the smash burger on drive-thru",
      {
        kind: "asked",
        choices: [
          { verb: "rush", items: [], ...DRIVE_THRU },
          on("bump", table("12"), { items: ["Smash burger"] }),
          on(
            "transfer",
            { kind: "name", text: "Okonkwo-Fitzgerald" },
            { order_type: "pickup", station: "Pastry" },
          ),
          { verb: "eighty_six", items: ["Smash burger"] },
        ],
      },
    ],
    alike: [
      "what's on table twelve",
      {
        kind: "asked",
        choices: [
          on("whats_on", table("12"), { number: "0042" }),
          on("whats_on", table("12"), { number: "0157" }),
          on("bump_table", table("12")),
          { verb: "how_many", items: ["Slow-roasted shoulder of lamb"] },
        ],
      },
    ],
    looks: [
      "show all day",
      {
        kind: "asked",
        choices: [
          { verb: "look", items: [], tab: "all_day" },
          { verb: "look", items: [], count: 3 },
          { verb: "how_many_open", items: [] },
          { verb: "whats_late", items: [] },
        ],
      },
    ],
    count: [
      "how many smash burgers",
      { kind: "answered", answer: { kind: "count", items: ["Smash burger"], pieces: 11 } },
    ],
    counts: [
      "how many burgers",
      {
        kind: "answered",
        answer: { kind: "count", items: ["Smash burger", "Blue Cheese Burger", "Chicken Burger"], pieces: 11 },
      },
    ],
    late: [
      "what's late",
      {
        kind: "answered",
        answer: {
          kind: "late",
          tickets: [
            late(table("12")),
            late({ kind: "name", text: "Okafor" }, "pickup"),
            late({ kind: "number", text: "8813" }, "delivery"),
          ],
        },
      },
    ],
    open: ["how many tickets", { kind: "answered", answer: { kind: "open", tickets: 14 } }],
    ticket: [
      "what's on table twelve",
      {
        kind: "answered",
        answer: {
          kind: "lines",
          ticket: late(table("12")),
          lines: [
            "1 Ribeye 14 oz",
            "2 Smash burger",
            "1 Half chicken",
            "2 Slow-roasted shoulder of lamb",
            "3 Halloumi",
            "1 Caesar salad",
            "4 Veg skewer",
            "2 Sea bass",
          ],
        },
      },
    ],
    not_understood: ["when is my break", { kind: "not_understood" }],
    nothing: ["", { kind: "not_understood" }],
    timed_out: ["", { kind: "failed", fault: fault("talk_timed_out") }],
    refused: ["bump table nine", { kind: "failed", fault: fault("still_cooking") }],
    lost: ["", { kind: "failed", fault: fault("microphone_lost") }],
  } satisfies Record<string, [string, Outcome]>).map(([name, [words, outcome]], n) => [
    name,
    { id: n + 1, words, ...(words ? { took_ms: 420 } : {}), until: EVENING + 3_600_000, outcome },
  ]),
);

/** Talking with nothing under way. */
export function readyTalk(rest: Partial<Talk> = {}): Talk {
  return { turn: "ready", since: EVENING, mode: "hold", ...rest };
}

/** By name: a turn, `cannot`, or one of {@link SAID}. */
export function talkOf(name: string): Talk {
  switch (name) {
    case "listening":
    case "sending":
    case "thinking":
      return readyTalk({ turn: name });
    case "cannot":
      return readyTalk({ fault: fault("microphone_unplugged") });
    case "away":
      return readyTalk({ fault: fault("voice_away") });
    case "model":
      return readyTalk({ fault: fault("speech_model_missing") });
    default:
      return readyTalk(SAID[name] ? { said: SAID[name] } : {});
  }
}

export function panelOf(rest: Partial<VoicePanel> = {}): VoicePanel {
  const steps = ["idle", "recording", "committing", "waiting_user_final", "idle"];
  return {
    devices: [
      { id: "usb", name: "Jabra Speak 510 Mono" },
      { id: "hda", name: "Built-in Audio Analog Stereo" },
      { id: "cam", name: "HD Pro Webcam C920 Analog Stereo" },
    ],
    chosen: "usb",
    microphone: "ready",
    heard: "Jabra Speak 510 Mono",
    level: 46,
    peer: "live",
    peer_host: "",
    decides: true,
    round_trip_ms: 31,
    words_after_ms: 388,
    sessions: 3,
    packets: 18_204,
    unread: 0,
    stuck: false,
    transcripts: Array.from({ length: 50 }, (_, n) => ({
      at: EVENING - n * 41_000,
      by_peer: n % 5 === 4,
      words: [
        "bump drive-thru three",
        "what's late",
        "rush forty two",
        "eighty six the halloumi",
        "Three are late.",
      ][n % 5]!,
    })),
    turns: Array.from({ length: 50 }, (_, n) => ({
      at: EVENING - n * 700,
      turn: 12 - Math.floor(n / 4),
      from: steps[3 - (n % 4)]!,
      to: steps[4 - (n % 4)]!,
      cause: ["words", "committed", "stop", "start"][n % 4]!,
    })),
    ...rest,
  };
}
