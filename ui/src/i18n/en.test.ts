import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { SpokenAct } from "../generated/SpokenAct";
import type { SpokenAnswer } from "../generated/SpokenAnswer";
import type { SpokenVerb } from "../generated/SpokenVerb";
import { en } from "./en";
import { age, minutesUntil, secondsUntil, wallClock } from "./format";

it("ages count minutes and seconds, hours beyond one, and never below zero", () => {
  for (const [ms, text] of [
    [-5_000, "0:00"],
    [0, "0:00"],
    [22_999, "0:22"],
    [964_000, "16:04"],
    [3_599_999, "59:59"],
    [3_600_000, "1:00:00"],
    [36_061_000, "10:01:01"],
  ] as const) {
    expect(age(1_000_000 + ms, 1_000_000)).toBe(text);
  }
});

it("clocks show the restaurant's time, whatever its offset", () => {
  const noon = Date.UTC(2026, 5, 1, 12, 5);
  expect([0, 120, -300, 345, 720, -720].map((offset) => wallClock(noon, offset))).toEqual([
    "12:05",
    "14:05",
    "07:05",
    "17:50",
    "00:05",
    "00:05",
  ]);
});

it("what is to come is counted up, what is past is nothing", () => {
  expect([61_000, 60_999, 60_000, 1_000, 0, -9].map((ms) => minutesUntil(0, ms))).toEqual([2, 1, 1, 1, 0, 0]);
  expect([5_999, 5_001, 4_000, 999, -1].map((ms) => secondsUntil(0, ms))).toEqual([5, 5, 4, 0, 0]);
});

it("a ticket is called what the kitchen calls it", () => {
  const said = [
    en.label({ kind: "table", text: "12" }, "dine_in"),
    en.label({ kind: "table", text: "A4" }, "dine_in"),
    en.label({ kind: "table", text: "Bar 3" }, "dine_in"),
    en.label({ kind: "table", text: "Table 7" }, "dine_in"),
    en.label({ kind: "name", text: "Okafor" }, "pickup"),
    en.label({ kind: "number", text: "0043" }, "pickup"),
    en.label({ kind: "number", text: "3" }, "drive_thru"),
    en.label({ kind: "number", text: "8813" }, "delivery"),
    en.label({ kind: "number", text: "51" }, "dine_in"),
  ];
  expect(said).toEqual([
    "Table 12",
    "Table A4",
    "Bar 3",
    "Table 7",
    "Okafor",
    "Pickup 0043",
    "Drive-thru 3",
    "Delivery 8813",
    "Order 51",
  ]);
});

it("every fault that the program can name has a sentence of its own", () => {
  const named = codesIn(join(import.meta.dirname, "../../../src-tauri"));
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((code) => !en.faultCodes.includes(code))).toEqual([]);
});

it("whatever can be said is said back as something that was done, of what", () => {
  const table = { kind: "table", text: "12" } as const;
  const on = (verb: SpokenVerb, rest: Partial<SpokenAct> = {}): SpokenAct => ({ verb, items: [], ...rest });
  const said = [
    on("bump", { label: table }),
    on("bump", { label: table, items: ["Ribeye", "Fries"] }),
    on("recall"),
    on("undo", { label: table }),
    on("transfer", { label: table, station: "Fry" }),
    on("eighty_six", { items: ["Halloumi"] }),
    on("look", { station: "Fry" }),
    on("look", { tab: "all_day" }),
    on("look", { count: 3 }),
    on("bump_table", { label: table }),
    on("bump", { label: table, number: "0042" }),
    on("park", { label: table }),
    on("reopen", { label: table, items: ["Fries"] }),
    on("acknowledge", { label: table }),
  ];
  expect(said.map((act) => en.talk.did(act))).toEqual([
    "Table 12 bumped",
    "Table 12: Ribeye, Fries bumped",
    "The last one is back",
    "Table 12: taken back",
    "Table 12 sent to Fry",
    "Halloumi is out (86)",
    "Showing Fry",
    "Showing All day",
    "Showing page 3",
    "Table 12: all bumped",
    "Table 12 #0042 bumped",
    "Table 12 parked",
    "Table 12: Fries: not done",
    "Table 12 seen",
  ]);
  const questions = [
    on("how_many", { items: ["Wings"] }),
    on("how_many_open"),
    on("whats_late"),
    on("whats_on", { label: table }),
  ];
  expect([...said, ...questions].map((act) => `${en.talk.verbs[act.verb]} ${en.talk.object(act)}`)).toEqual([
    "Bump Table 12",
    "Bump Table 12: Ribeye, Fries",
    "Recall the last one",
    "Undo Table 12",
    "Send Table 12 to Fry",
    "86 Halloumi",
    "Show Fry",
    "Show All day",
    "Show page 3",
    "Bump all Table 12",
    "Bump Table 12 #0042",
    "Park Table 12",
    "Not done Table 12: Fries",
    "Seen Table 12",
    "How many Wings",
    "How many open tickets",
    "What's late",
    "What's on Table 12",
  ]);
});

it("an answer begins with what was asked for, none included, and long words are told by their beginning", () => {
  const ticket = { label: { kind: "table", text: "12" }, order_type: "dine_in" } as const;
  const answers: SpokenAnswer[] = [
    { kind: "count", items: ["Wings"], pieces: 11 },
    { kind: "count", items: ["Wings", "Ribs"], pieces: 3 },
    { kind: "count", items: ["Wings"], pieces: 0 },
    { kind: "late", tickets: [ticket] },
    { kind: "late", tickets: [] },
    { kind: "open", tickets: 1 },
    { kind: "open", tickets: 0 },
    { kind: "lines", ticket, lines: ["2 Wings"] },
    { kind: "lines", ticket, lines: [] },
  ];
  expect(
    answers.map((answer) => en.talk.answer(answer)).map(({ lead, rest }) => [lead, ...rest].join(" ")),
  ).toEqual([
    "11 Wings still to make",
    "3 to make: Wings Ribs",
    "No Wings to make",
    "1 late: Table 12",
    "Nothing is late",
    "1 open ticket",
    "No open tickets",
    "Table 12: 2 Wings",
    "Table 12: nothing left to make",
  ]);
  expect(en.talk.quoted("bump twelve")).toBe("“bump twelve”");
  expect(en.talk.quoted("")).toBe("");
  expect(en.talk.quoted("and then ".repeat(40)).length).toBeLessThan(100);
});

it("a fault that nobody knows yet still says what to do, and its code", () => {
  expect(en.fault({ code: "grease_fire", params: {}, retry: true })).toMatch(/once more.*grease_fire/);
  expect(en.fault({ code: "grease_fire", params: {}, retry: false })).toMatch(/not possible.*grease_fire/);
  expect(en.fault({ code: "constructor", params: {}, retry: false })).toMatch(/constructor/);
});

/** Codes of faults in the Rust sources that a screen can be shown, their tests left out. */
function codesIn(folder: string): string[] {
  const codes = new Set<string>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    // What the hub answers to a POS is for programs, not for the glass; what tests make up is for nobody.
    const hubOnly = /crates\/hub\/src/.test(path) && !path.includes("/upstream/");
    const shown =
      !hubOnly &&
      /crates\/(kitchen|wire|link|journal|display|hub)\/src|src-tauri\/src/.test(path) &&
      !["rest.rs", "tests.rs", "model.rs"].includes(entry.name);
    if (!entry.isFile() || !entry.name.endsWith(".rs") || !shown) continue;
    const [source = ""] = readFileSync(path, "utf8").split("#[cfg(test)]");
    for (const [, code] of source.matchAll(/Fault::new\(\s*"([a-z_]+)"/g)) codes.add(code!);
    // Explanations of a back end are named where they arise, and made into faults elsewhere.
    for (const [, code] of source.matchAll(/"(upstream_[a-z_]+)"/g)) codes.add(code!);
    if (source.includes("Fault::new(code)")) {
      for (const [, code] of source.matchAll(/=> "([a-z]+(?:_[a-z]+)+)"/g)) codes.add(code!);
    }
    for (const [, body] of source.matchAll(/fn code\(&self\)[^{]*\{([\s\S]*?)\n {4}\}/g)) {
      for (const [, code] of body!.matchAll(/=> "([a-z_]+)"/g)) codes.add(code!);
    }
    for (const [, body] of source.matchAll(/mod hello_refusal \{([\s\S]*?)\n\}/g)) {
      for (const [, code] of body!.matchAll(/"([a-z_]+)"/g)) codes.add(code!);
    }
  }
  return [...codes].toSorted();
}

it("a change tells the old quantity where it is another, and of a void how many of how many", () => {
  expect(en.changes.added(0, 2)).toBe("ADDED");
  expect(en.changes.changed(2, 3)).toBe("CHANGED was 2");
  expect(en.changes.changed(1, 1)).toBe("CHANGED");
  expect(en.changes.voided(3, 1)).toBe("2 VOIDED was 3");
  expect(en.changes.voided(2, 0)).toBe("VOIDED");
});

it("a line that waits for its course says so once", () => {
  expect(en.waits({ kind: "course" }, 2)).toBe("course 2");
  expect(en.waits({ kind: "course" }, null)).toBe("later");
  expect(en.waits({ kind: "station", name: "Make" }, 2)).toBe("at Make");
});
