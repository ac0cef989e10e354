import type { Page } from "@playwright/test";
import type { Talk } from "../../src/generated/Talk";
import { cutOff, expect, findings, GLASSES, settle, test } from "./page";

const STATES = [
  "ready",
  "listening",
  "sending",
  "thinking",
  "cannot",
  "away",
  "model",
  "done",
  "lines",
  "stock",
  "dropped",
  "pair",
  "asked",
  "alike",
  "looks",
  "count",
  "counts",
  "late",
  "open",
  "ticket",
  "not_understood",
  "nothing",
  "timed_out",
  "refused",
  "lost",
] as const;

const talks = (page: Page) => page.evaluate(() => window.fake.talks);
const talkButton = (page: Page) => page.locator(".bar.top > .talk");

for (const glass of GLASSES) {
  const size = `${glass.width}x${glass.height}`;

  test(`whatever is said, nothing is cut off, and no BUMP is covered or moved, at ${size}`, async ({ open }) => {
    // Every state is shown and judged, which takes a busy machine its time.
    test.setTimeout(120_000);
    const page = await open("scene=friday&demo&talk=ready", glass);
    const bumps = await page.evaluate(whereBumpsAre);
    expect(bumps.length).toBeGreaterThan(3);
    const button = await page.evaluate(whereTalkIs);
    for (const state of STATES) {
      await show(page, state);
      expect.soft(await page.evaluate(whereBumpsAre), state).toEqual(bumps);
      expect.soft(await page.evaluate(whereTalkIs), state).toEqual(button);
      expect.soft(await page.evaluate(cutOff), state).toEqual([]);
      expect.soft(await page.evaluate(tooSmall, glass.mm), state).toEqual([]);
      await page.screenshot({ path: `test-results/voice-${state}-${size}.png` });
    }
  });

  test(`the same with everything else in the bars that can be there, at ${size}`, async ({ open }) => {
    const page = await open("scene=friday&demo&talk=ready&link=offline", glass);
    await page.evaluate(() => {
      window.fake.undoMs = 60_000;
      const { order } = window.fake.tickets[0]!;
      return window.fake.press({ view: "", mount: 0 }, { press: "bump", order, seen: 1, lines: [] });
    });
    await expect(page.locator(".toast")).toBeVisible();
    const bumps = await page.evaluate(whereBumpsAre);
    for (const state of ["done", "asked", "ticket", "refused", "listening"] as const) {
      await show(page, state);
      await expect(page.locator(".toast")).toBeVisible();
      expect.soft(await page.evaluate(whereBumpsAre), state).toEqual(bumps);
      expect.soft(await page.evaluate(cutOff), state).toEqual([]);
      expect.soft(await page.evaluate(tooSmall, glass.mm), state).toEqual([]);
    }
  });

  test(`the voice panel is whole at ${size}`, async ({ open }) => {
    const page = await open("scene=friday&talk=cannot", glass);
    await page.keyboard.press("F7");
    const panel = page.getByRole("dialog");
    await expect(panel.getByRole("meter")).toHaveAttribute("aria-valuenow", "46");
    for (const name of ["Microphone", "Diagnosis"]) {
      await panel.getByRole("button", { name, exact: true }).click();
      const paper = panel.locator(".paper");
      expect(await paper.evaluate((held) => held.scrollHeight - held.clientHeight), name).toBeLessThanOrEqual(1);
      expect(await paper.evaluate((held) => held.scrollWidth - held.clientWidth), name).toBeLessThanOrEqual(1);
      expect(await page.evaluate(tooSmall, glass.mm), name).toEqual([]);
      expect(await findings(page), name).toEqual([]);
      await page.screenshot({ path: `test-results/voice-panel-${name}-${size}.png` });
    }
  });
}

test("axe finds nothing in any state", async ({ open }) => {
  test.setTimeout(120_000);
  const page = await open("scene=friday&talk=ready", GLASSES[2]);
  for (const state of STATES) {
    await show(page, state);
    expect.soft(await findings(page), state).toEqual([]);
  }
});

test("without a microphone there is no talk button, and no way to the panel", async ({ open }) => {
  const page = await open("scene=friday");
  await expect(talkButton(page)).toHaveCount(0);
  await page.keyboard.press("v");
  await page.keyboard.press("F7");
  await page.getByRole("button", { name: "Settings" }).click();
  await expect(page.getByRole("button", { name: "Microphone and voice" })).toHaveCount(0);
  expect(await talks(page)).toEqual([]);
});

test("held by a finger that slides off, it listens until that finger rises, then does what was said", async ({
  open,
}) => {
  const page = await open("scene=friday&talk=ready", GLASSES[0], true);
  const button = talkButton(page);
  const box = (await button.boundingBox())!;
  const session = await page.context().newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...touchPoints: { x: number; y: number }[]) =>
    session.send("Input.dispatchTouchEvent", { type, touchPoints });
  await touch("touchStart", { x: box.x + 9, y: box.y + 9 });
  await expect(button).toHaveText("Listening");
  await expect(button).toHaveAttribute("aria-pressed", "true");
  await touch("touchMove", { x: 300, y: 500 });
  await expect(page.locator('.spoken[data-kind="listening"]')).toContainText("Let go when you have said it");
  expect(await talks(page)).toEqual([{ talk: "down" }]);
  const shown = await seenFromNow(page);
  await touch("touchEnd");
  await expect.poll(shown).toEqual(["sending", "thinking", "done"]);
  // What was heard stands beside the offer to undo what it did.
  await expect(page.locator('.spoken[data-kind="done"]')).toHaveText("HEARD · 0.4 s “bump drive-thru three”");
  await expect(page.getByRole("status").filter({ hasText: "Heard:" })).toHaveText(
    "Heard: bump drive-thru three. Drive-thru 3 bumped",
  );
  await expect(page.getByRole("heading", { name: "Drive-thru 3" })).toHaveCount(0);
  await page.getByRole("button", { name: "Drive-thru 3 bumped UNDO" }).tap();
  await expect(page.getByRole("heading", { name: "Drive-thru 3" })).toBeVisible();
  // With nothing to undo beside it, the strip says what was done.
  await expect(page.locator('.spoken[data-kind="done"]')).toContainText("Drive-thru 3 bumped");
  expect(await talks(page)).toEqual([{ talk: "down" }, { talk: "up" }]);
});

test("two hands: one talks while the other bumps", async ({ open }) => {
  const page = await open("scene=friday&talk=ready", GLASSES[0], true);
  await page.keyboard.down("v");
  await expect(talkButton(page)).toHaveText("Listening");
  await page.getByRole("button", { name: "BUMP Okafor" }).tap();
  await expect(page.getByRole("heading", { name: "Okafor" })).toHaveCount(0);
  await expect(talkButton(page)).toHaveText("Listening");
  await page.keyboard.up("v");
  await expect(talkButton(page)).toHaveText("Talk");
  expect(await talks(page)).toEqual([{ talk: "down" }, { talk: "up" }]);
});

test("a held key is one press; when the page is hidden nothing was said", async ({ open }) => {
  const page = await open("scene=friday&talk=ready");
  await page.keyboard.down("v");
  await page.keyboard.down("v");
  await page.keyboard.down("v");
  await expect(talkButton(page)).toHaveText("Listening");
  await page.evaluate(() => dispatchEvent(new Event("blur")));
  await page.keyboard.up("v");
  await expect(talkButton(page)).toHaveText("Talk");
  expect(await talks(page)).toEqual([{ talk: "down" }, { talk: "cancel" }]);
  // While somebody writes, and in a sheet, it is a letter.
  await page.keyboard.press("F5");
  await page.getByRole("searchbox").pressSequentially("v");
  await page.keyboard.press("Escape");
  await page.keyboard.press("F6");
  await page.keyboard.press("v");
  expect((await talks(page)).length).toBe(2);
});

test("in toggle mode one touch begins and the next one ends, also by keyboard alone", async ({ open }) => {
  const page = await open("scene=friday&talk=ready&toggle", GLASSES[0], true);
  const button = talkButton(page);
  await button.tap();
  await expect(button).toHaveText("Listening");
  await expect(page.locator('.spoken[data-kind="listening"]')).toContainText("Touch Talk again");
  await page.waitForTimeout(250);
  await button.tap();
  await expect(page.locator('.spoken[data-kind="done"]')).toBeVisible();
  expect((await talks(page)).map(({ talk }) => talk)).toEqual(["down", "up", "down", "up"]);
  await page.evaluate(() => window.fake.change((kitchen) => (kitchen.talking!.mode = "hold")));
  await button.focus();
  await page.keyboard.press("Enter");
  await expect(button).toHaveText("Listening");
  await page.keyboard.press("Enter");
  await expect(button).toHaveText("Talk");
});

test("a question is answered by one touch, and not by a finger that was on its way", async ({ open }) => {
  const page = await open("scene=friday&talk=pair", GLASSES[2], true);
  const choices = page.getByRole("group", { name: "DID YOU MEAN" });
  await show(page, "ready");
  await show(page, "pair");
  // The finger comes down as soon as there is a question, however slow this machine is.
  await show(page, "ready");
  const pair = await page.evaluate(() => window.tools.talkOf("pair"));
  await page.evaluate(async (held: Talk) => {
    const hold = () =>
      [...document.querySelectorAll(".spoken button")].find((of) => of.textContent?.includes("Hold"));
    window.fake.change((kitchen) => (kitchen.talking = held));
    while (!hold()) await new Promise((resolve) => setTimeout(resolve));
    hold()!.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, pointerType: "mouse", button: 0 }));
  }, pair);
  expect(await talks(page)).toEqual([]);
  await page.waitForTimeout(450);
  await choices.getByRole("button", { name: "Bump Table 15" }).tap();
  await expect(page.locator('.spoken[data-kind="done"]')).toContainText("bump fifteen");
  await show(page, "asked");
  await page.waitForTimeout(450);
  await expect(choices.getByRole("button")).toHaveCount(5);
  await choices.getByRole("button", { name: "None of these" }).tap();
  await expect(page.locator(".spoken")).toHaveCount(0);
  expect(await talks(page)).toMatchObject([
    { talk: "choose", choice: 0 },
    { talk: "dismiss", said: expect.any(Number) },
  ]);
});

test("an answer is large, and goes when it was read", async ({ open }) => {
  const page = await open("scene=friday&talk=count", GLASSES[1]);
  const answer = page.locator(".answer");
  await expect(answer).toHaveText("11 Smash burger still to make");
  expect(await answer.evaluate((held) => Number.parseFloat(getComputedStyle(held).fontSize))).toBeGreaterThan(
    9.5 * GLASSES[1].mm,
  );
  await page.getByRole("button", { name: "OK", exact: true }).click();
  await expect(answer).toHaveCount(0);
  await show(page, "ticket");
  await expect(answer).toContainText(/^Table 12: 1 Ribeye 14 oz, 2 Smash burger/);
});

test("when nobody can speak the button stays, and a press says why and what to do", async ({ open }) => {
  const page = await open("scene=friday&talk=cannot");
  const button = talkButton(page);
  await expect(button).toHaveText("No mic");
  await expect(page.locator(".spoken")).toHaveCount(0);
  await button.click();
  await expect(page.locator('.spoken[data-kind="failed"]')).toContainText(
    "The microphone is gone. Plug it in again",
  );
  expect((await talks(page))[0]).toEqual({ talk: "down" });
  await page.getByRole("button", { name: "Voice", exact: true }).click();
  await expect(page.getByRole("dialog")).toContainText("Plug it in again");
  await page.keyboard.press("Escape");
  await expect(page.locator(".spoken")).toHaveCount(0);
  await button.click();
  await expect(page.locator('.spoken[data-kind="failed"]')).toBeVisible();
  // It is there again: nothing is left of it.
  await show(page, "ready");
  await expect(button).toHaveText("Talk");
  await expect(page.locator(".spoken")).toHaveCount(0);
  await show(page, "away");
  await expect(button).toHaveText("No voice");
});

test("a press that the kitchen refuses is told in words", async ({ open }) => {
  const page = await open("scene=friday&talk=thinking");
  await page.evaluate(() => void (window.fake.failTalk = { code: "talk_busy", params: {}, retry: true }));
  await page.keyboard.press("v");
  await show(page, "ready");
  await expect(page.getByRole("alert")).toContainText("still at work on what was said before");
});

test("the panel tells the kitchen that it is open, again after a new mount, and that it was closed", async ({
  open,
}) => {
  const page = await open("scene=friday&talk=ready", GLASSES[0], true);
  await page.getByRole("button", { name: "Settings" }).tap();
  await page.getByRole("button", { name: "Microphone and voice" }).tap();
  const panel = page.getByRole("dialog", { name: "Voice" });
  await expect(panel.getByRole("meter")).toBeVisible();
  await panel.getByRole("button", { name: "Built-in Audio Analog Stereo" }).tap();
  await expect(panel).toContainText("Hearing Built-in Audio");
  await panel.getByRole("button", { name: "The computer's own choice" }).tap();
  await panel.getByRole("button", { name: "Touch on, touch off" }).tap();
  await expect(panel.getByRole("button", { name: "Touch on, touch off" })).toHaveAttribute("aria-pressed", "true");
  await panel.getByRole("button", { name: "Diagnosis" }).tap();
  for (const words of ["31 ms", "388 ms", "18204", "connected", "recording → committing", "“rush forty two”"]) {
    await expect(panel).toContainText(words);
  }
  await panel.getByRole("button", { name: "Start over" }).tap();
  expect((await talks(page)).splice(0)).toEqual([
    { talk: "panel", open: true },
    { talk: "microphone", id: "hda" },
    { talk: "microphone" },
    { talk: "mode", mode: "toggle" },
    { talk: "reset" },
  ]);
  await page.evaluate(() => window.fake.remount());
  await expect.poll(async () => (await talks(page)).at(-1)).toEqual({ talk: "panel", open: true });
  await panel.getByRole("button", { name: "Close" }).tap();
  await expect(panel).toHaveCount(0);
  await expect.poll(async () => (await talks(page)).at(-1)).toEqual({ talk: "panel", open: false });
});

test("in the panel the button and the key try the microphone", async ({ open }) => {
  const page = await open("scene=friday&talk=ready");
  await page.keyboard.press("F7");
  const panel = page.getByRole("dialog");
  await expect(panel.getByRole("meter")).toBeVisible();
  await page.keyboard.down("v");
  await expect(panel.locator(".talk")).toHaveText("Listening");
  await page.keyboard.up("v");
  await expect(panel.locator(".talk")).toHaveText("Talk");
  await panel.locator(".talk").dispatchEvent("pointerdown", { button: 0, pointerId: 7 });
  await expect(panel.locator(".talk")).toHaveText("Listening");
  await page.locator("body").dispatchEvent("pointerup", { pointerId: 7 });
  await expect(panel.locator(".talk")).toHaveText("Talk");
  expect((await talks(page)).map(({ talk }) => talk)).toEqual(["panel", "down", "up", "down", "up"]);
});

/** Notes what the strip shows, also what is gone before anybody could ask for it. */
async function seenFromNow(page: Page): Promise<() => Promise<string[]>> {
  const seen = await page.evaluateHandle(() => {
    const kinds: string[] = [];
    let last = document.querySelector<HTMLElement>(".spoken")?.dataset["kind"];
    const look = () => {
      const kind = document.querySelector<HTMLElement>(".spoken")?.dataset["kind"];
      if (kind !== undefined && kind !== last) kinds.push(kind);
      last = kind;
    };
    new MutationObserver(look).observe(document.body, { attributes: true, childList: true, subtree: true });
    return kinds;
  });
  return () => seen.jsonValue();
}

/** Shows a state; `cannot` and its like with the press that asks why. */
async function show(page: Page, state: string): Promise<void> {
  const talk = await page.evaluate((name) => window.tools.talkOf(name), state);
  await page.evaluate((held: Talk) => window.fake.change((kitchen) => (kitchen.talking = held)), talk);
  if (talk.fault) await page.keyboard.press("v");
  const cls = talk.fault ? "failed" : talk.turn === "ready" ? talk.said?.outcome.kind : talk.turn;
  if (cls) await expect(page.locator(`.spoken[data-kind="${cls}"]`)).toHaveCount(1);
  else await expect(page.locator(".spoken")).toHaveCount(0);
  await settle(page);
}

/** Where each BUMP is; empty where something else lies on its middle or corners. */
function whereBumpsAre(): string[] {
  return [...document.querySelectorAll(".grid:not(.probe) .bump")].map((bump) => {
    const { left, top, right, bottom } = bump.getBoundingClientRect();
    const points = [
      [left + 4, top + 4],
      [right - 4, top + 4],
      [left + 4, bottom - 4],
      [right - 4, bottom - 4],
      [(left + right) / 2, (top + bottom) / 2],
    ] as const;
    const free = points.every(([x, y]) => bump.contains(document.elementFromPoint(x, y)));
    return free ? [left, top, right, bottom].map(Math.round).join(" ") : "covered";
  });
}

function whereTalkIs(): string {
  const { left, top, right, bottom } = document.querySelector(".bar.top > .talk")!.getBoundingClientRect();
  return [left, top, right, bottom].map(Math.round).join(" ");
}

/** Targets of talking that are smaller than a finger, or nearer to each other than one. */
function tooSmall(mm: number): string[] {
  const all = [...document.querySelectorAll<HTMLElement>(".talk, .spoken button, dialog button")].filter(
    (button) => button.checkVisibility(),
  );
  const small = all
    .map((button) => ({ button, box: button.getBoundingClientRect() }))
    .filter(({ button, box }) => {
      const wide = button.matches(".talk") ? 20 : 15;
      return box.width < wide * mm - 1 || box.height < 15 * mm - 3;
    })
    .map(({ button, box }) => `small: ${button.className} ${box.width}x${box.height}`);
  const choices = [...document.querySelectorAll(".choice")].map((choice) => choice.getBoundingClientRect());
  const near = choices.slice(1).filter((box, n) => box.left - choices[n]!.right < 6 * mm - 1);
  return [...small, ...near.map((box) => `near: ${box.left}`)];
}
