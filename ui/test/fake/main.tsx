/* The page over a fake kitchen: `fake.html?scene=odd&tab=expo`. The tests reach it as `window.fake`. */
import { render } from "solid-js/web";
import type { Tab } from "../../src/generated/Tab";
import type { TextSize } from "../../src/generated/TextSize";
import { App } from "../../src/shell/App";
import "../../src/styles/index.css";
import { FakeKitchen, rowOf } from "./kitchen";
import { talkOf } from "./talk";
import { EVENING, friday, mod, odd, rushHour, type Ticket, ticket, line } from "./tickets";

declare global {
  interface Window {
    fake: FakeKitchen;
    tools: { ticket: typeof ticket; line: typeof line; talkOf: typeof talkOf };
  }
}

const scenes: Record<string, () => Ticket[]> = {
  friday: () => [
    ...friday(),
    ...rushHour(6),
    { ...rushHour(1)[0]!, order: "late-comer", fresh: true, label: { kind: "table", text: "22" } },
  ],
  odd,
  long: () => rushHour(60),
  empty: () => [],
  line: () => {
    const [first, second, ...rest] = friday();
    return [
      {
        ...first!,
        next_course: { number: 2, name: "Mains" },
        lines: [
          line(2, "Ribeye 14 oz", { from: "Fry", also: ["Cold"] }),
          line(3, "Pizza bianca", { to_come: 1, out: true }),
          line(1, "Sea bass", { course: 2, waits: { kind: "course" } }),
          line(1, "Focaccia", { waits: { kind: "station", name: "Make" } }),
        ],
      },
      { ...second!, waits_for: ["Grill", "Fry"] },
      ...rest,
      ticket(700, {
        label: { kind: "table", text: "9" },
        next_course: { number: 2, name: "Mains" },
        lines: [
          line(2, "Beef tartare", { state: "bumped", done: 2 }),
          line(2, "Sirloin 8 oz", { course: 2, waits: { kind: "course" } }),
        ],
      }),
    ];
  },
  pull: () =>
    friday().map((held, n) => ({
      ...held,
      taken:
        n === 0
          ? { whose: "ours" as const }
          : n === 1
            ? { whose: "others" as const, screen: 2 }
            : { whose: "nobodys" as const },
    })),
  // The house coordinates: everything that goes together is to be done together.
  paced: () => {
    const [first, second, third, ...rest] = friday();
    const later = (minutes: number, other: string) => ({
      start: { kind: "later" as const, at: EVENING + minutes * 60_000, with: other },
    });
    return [
      {
        ...first!,
        since: EVENING - 120_000,
        urgency: "fresh",
        rush: false,
        done_at: EVENING + 10 * 60_000,
        lines: [
          line(1, "Ribeye 14 oz", { start: { kind: "now" }, modifiers: [mod("temperature", "medium rare")] }),
          line(2, "Smash burger", later(2, "Ribeye 14 oz")),
          line(1, "Sea bass", { state: "started" }),
          line(2, "Fries", { place: { kind: "elsewhere", stations: ["Fry"] } }),
        ],
      },
      {
        ...second!,
        since: EVENING - 60_000,
        urgency: "fresh",
        promised_at: null,
        done_at: EVENING + 9 * 60_000,
        start_at: EVENING + 6 * 60_000,
        lines: [line(3, "Chicken wrap", later(6, "Slow-roasted lamb shoulder"))],
      },
      { ...third!, done_at: EVENING + 4 * 60_000 },
      ...rest,
    ];
  },
  // Several tickets of one table, and what changed after firing.
  tables: () => {
    const all = friday();
    const twelve = { kind: "table" as const, text: "12" };
    return [
      ...all.slice(0, 3),
      ticket(190, { label: twelve, server: "Ana", lines: [line(2, "Tiramisu"), line(1, "Sorbet")] }),
      ...all.slice(3),
      ticket(31, { label: twelve, server: "Leo", lines: [line(1, "Club sandwich")] }),
    ];
  },
  marks: () => [
    ticket(420, {
      label: { kind: "table", text: "21" },
      lines: [
        line(2, "Pad thai", { state: "started", change: { kind: "voided", was: 3 } }),
        line(1, "Satay", { state: "voided", change: { kind: "voided", was: 1 } }),
        line(1, "Spring rolls", { change: { kind: "added", was: 0 } }),
        line(2, "Green curry", {
          change: { kind: "changed", was: 2 },
          modifiers: [mod("removal", "no fish sauce")],
        }),
      ],
    }),
    ticket(500, {
      label: { kind: "table", text: "4" },
      voided: true,
      lines: [line(2, "Club sandwich", { state: "voided", change: { kind: "voided", was: 2 } })],
    }),
    ...friday().slice(3),
  ],
  expo: () =>
    friday().map((held, index) => ({
      ...held,
      progress: [
        { name: "Grill", done: 1, lines: 3, sent: false },
        { name: "Fry", done: 1, lines: 1, sent: true },
        ...(index === 0 ? [{ name: "Cold", done: 0, lines: 2, sent: false }] : []),
      ],
      lines: held.lines.map((l, n) => ({
        ...l,
        place: {
          kind: "own" as const,
          cooking: l.state === "done" || n % 3 === 2 ? [] : n % 2 ? ["Grill", "Fry"] : ["Grill"],
        },
      })),
    })),
};

const asked = new URLSearchParams(location.search);
const scene = asked.get("scene") ?? "friday";
const kitchen = new FakeKitchen(scenes[scene]?.() ?? [], {
  tab: (asked.get("tab") ?? "station") as Tab,
  demo: asked.has("demo"),
  ready: !asked.has("loading"),
  glass: { px_per_mm: null, text: (asked.get("text") ?? "normal") as TextSize },
});
kitchen.ingredients = scene === "line" ? [{ name: "Dough", unit: "g", amount: 750 }] : [];
kitchen.scheduled = friday()
  .slice(0, 3)
  .map((held, n) => ({
    ...rowOf({ ...held, order: `s${n}` }, EVENING + (n * 17 + 4) * 60_000),
    ...(n === 0 ? { soon: true } : {}),
  }));
if (asked.has("failing")) kitchen.failMount = { code: "unexpected", params: { detail: "disk full" }, retry: true };
switch (asked.get("link")) {
  case "offline":
    kitchen.connection = {
      state: "offline",
      since: EVENING - 120_000,
      hub: "10.0.0.5:7410",
      unsent: 3,
      attempts: 118,
      next_attempt_at: EVENING + 1_000,
      oldest_unsent: EVENING - 60_000,
    };
    break;
  case "refused":
    kitchen.connection = {
      state: "refused",
      since: EVENING,
      hub: "10.0.0.5:7410",
      unsent: 0,
      attempts: 0,
      next_attempt_at: EVENING + 21_000,
      fault: { code: "token_refused", params: {}, retry: false },
    };
    break;
  case "connecting":
    kitchen.connection = { state: "connecting", since: EVENING, hub: "", unsent: 0, attempts: 0 };
    break;
  case "away":
    kitchen.connection = {
      state: "live",
      since: EVENING - 3_600_000,
      hub: "10.0.0.5:7410",
      unsent: 0,
      attempts: 0,
      round_trip_ms: 2,
      upstream: {
        state: "away",
        since: EVENING - 312_000,
        unreported: 4,
        oldest_unreported: EVENING - 250_000,
        faults: [{ code: "upstream_old_orders", params: { count: "2" }, retry: false }],
      },
    };
    break;
}
const spoken = asked.get("talk");
if (spoken !== null) kitchen.talking = talkOf(spoken);
if (asked.has("toggle") && kitchen.talking) kitchen.talking.mode = "toggle";
if (scene === "pull") kitchen.head = { ...kitchen.head, queue: "pull" };
if (asked.has("morning")) {
  for (const order of kitchen.tickets.slice(0, 3).map((held) => held.order))
    kitchen.park(order, EVENING - 7_200_000);
  const fault = { code: "parked_overnight", params: { count: "3" }, retry: false };
  kitchen.notices = [{ id: 0, fault, label: null, order_type: null }];
}
window.fake = kitchen;
window.tools = { ticket, line, talkOf };
const glass = document.getElementById("glass");
if (glass) render(() => <App backend={kitchen} />, glass);
