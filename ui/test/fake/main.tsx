/* The page over a fake kitchen: `fake.html?scene=odd&tab=expo`. The tests reach it as `window.fake`. */
import { render } from "solid-js/web";
import type { Tab } from "../../src/generated/Tab";
import type { TextSize } from "../../src/generated/TextSize";
import { App } from "../../src/shell/App";
import "../../src/styles/index.css";
import { FakeKitchen, rowOf } from "./kitchen";
import { EVENING, friday, odd, rushHour, type Ticket, ticket, line } from "./tickets";

declare global {
  interface Window {
    fake: FakeKitchen;
    tools: { ticket: typeof ticket; line: typeof line };
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
  expo: () =>
    friday().map((held) => ({
      ...held,
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
  .map((held, n) => rowOf({ ...held, order: `s${n}` }, EVENING + (n * 17 + 4) * 60_000));
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
window.fake = kitchen;
window.tools = { ticket, line };
const glass = document.getElementById("glass");
if (glass) render(() => <App backend={kitchen} />, glass);
