import type { Page } from "@playwright/test";
import { expect, findings, GLASSES, settle, test } from "./page";

const pressed = () => window.fake.presses.map(({ press }) => press);

/** Selects a ticket by its place. */
async function select(page: Page, digit: string): Promise<void> {
  await page.keyboard.press(digit);
  await expect(page.locator(".ticket.selected")).toBeVisible();
  await settle(page);
}

/** What has the focus, in short. */
const focused = () => document.activeElement?.textContent ?? "";

test("M opens the sheet of what is selected, its choices bear digits, and the digits press them", async ({
  open,
}) => {
  const page = await open("scene=friday");
  const sheet = page.getByRole("dialog", { name: "Okafor" });
  await page.keyboard.press("m");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await select(page, "2");
  await page.keyboard.press("m");
  await expect(sheet.locator("kbd")).toHaveText(["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  await expect(sheet.locator("kbd").first()).toBeVisible();
  await page.keyboard.press("2");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.keyboard.press("*");
  // Cold: the second of the other stations.
  await page.keyboard.press("9");
  await expect(page.getByRole("heading", { name: "Okafor" })).toHaveCount(0);
  const presses = await page.evaluate(() => window.fake.presses);
  expect(presses).toMatchObject([{ press: "rush" }, { press: "transfer", to: "cold" }]);
  expect(new Set(presses.map((press) => "order" in press && press.order)).size).toBe(1);
});

test("the sheet of a bump bar: Space opens it, its arrows reach everything, Enter presses and Enter closes", async ({
  open,
}) => {
  const page = await open("scene=friday", GLASSES[2]);
  await select(page, "2");
  await page.keyboard.press("Space");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.keyboard.press("Space");
  const sheet = page.getByRole("dialog");
  const many = await sheet.getByRole("button").count();
  const reached = new Set<string>();
  for (let n = 0; n < many; n += 1) {
    await page.keyboard.press("ArrowRight");
    reached.add(await page.evaluate(focused));
  }
  expect(reached.size).toBe(many);
  // One line alone, to a station below it.
  await sheet.getByRole("button", { name: "1 Lamb kofta" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  const sent = () =>
    window.fake.presses.map((press) => (press.press === "transfer" ? press.lines.length : press.press));
  await expect.poll(() => page.evaluate(sent)).toEqual([1]);
  await page.keyboard.press("Space");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("the first ten choices bear digits, and the others are reached by arrows", async ({ open }) => {
  const page = await open("scene=friday");
  await page.evaluate(() =>
    window.fake.change((kitchen) => {
      kitchen.tickets = kitchen.tickets.map((held) => ({
        ...held,
        taken: { whose: "ours" },
        next_course: { number: 2 },
      }));
    }),
  );
  await select(page, "1");
  await page.keyboard.press("m");
  const sheet = page.getByRole("dialog");
  await expect(sheet.locator("kbd")).toHaveText(["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"]);
  const cold = sheet.getByRole("button", { name: "Cold", exact: true });
  await expect(cold.locator("kbd")).toHaveCount(0);
  // Back round the beginning, past Close: it is the last one.
  await page.keyboard.press("ArrowLeft");
  await expect(cold).toBeFocused();
  await page.keyboard.press("Enter");
  await expect.poll(() => page.evaluate(pressed)).toEqual(["transfer"]);
});

test("who opened a sheet by touch is shown the digits first", async ({ open }) => {
  const page = await open("scene=friday", GLASSES[0], true);
  await page.getByRole("button", { name: /^Okafor: / }).tap();
  const digit = page.getByRole("dialog").locator("kbd").first();
  await expect(digit).toBeHidden();
  await page.keyboard.press("2");
  await expect(digit).toBeVisible();
  expect(await page.evaluate(pressed)).toEqual([]);
  await page.keyboard.press("2");
  await expect.poll(() => page.evaluate(pressed)).toEqual(["rush"]);
});

test("U rushes, H holds and F fires what is selected and can be done so, and each is taken back by its key", async ({
  open,
}) => {
  const page = await open("scene=line");
  await select(page, "1");
  const ticket = page.getByRole("article", { name: "Table 12" });
  await page.keyboard.press("u");
  await expect(ticket.locator(".head .rush")).toHaveCount(0);
  await page.keyboard.press("U");
  await expect(ticket.locator(".head .rush")).toBeVisible();
  await page.keyboard.press("h");
  await expect(ticket).toHaveClass(/held/);
  // Sooner it would be taken for an echo.
  await page.waitForTimeout(250);
  await page.keyboard.press("h");
  await expect(ticket).not.toHaveClass(/held/);
  await page.keyboard.press("f");
  await expect(ticket.locator(".line.waits")).toHaveCount(0);
  await expect
    .poll(() => page.evaluate(pressed))
    .toEqual(["rush_selected", "rush_selected", "hold_selected", "hold_selected", "fire_selected"]);
});

test("a key that is held down presses once", async ({ open }) => {
  const page = await open("scene=friday");
  await select(page, "2");
  for (const key of ["u", "h"]) {
    await page.keyboard.down(key);
    await page.keyboard.down(key);
    await page.keyboard.up(key);
  }
  await expect(page.locator(".ticket.held")).toHaveCount(1);
  await page.keyboard.press("l");
  await page.keyboard.down("Enter");
  await page.keyboard.down("Enter");
  await page.keyboard.up("Enter");
  await expect(page.locator(".ticket.selected .line.done")).toHaveCount(1);
  expect(await page.evaluate(pressed)).toEqual(["rush_selected", "hold_selected", "finish"]);
});

test("L goes to the lines of a ticket, arrows move among them, Enter presses one, and the board has its keys back", async ({
  open,
}) => {
  const page = await open("scene=friday");
  await select(page, "3");
  const ticket = page.getByRole("article", { name: "Table 3" });
  const sirloin = ticket.getByRole("button", { name: /Sirloin/ });
  const skewer = ticket.getByRole("button", { name: /Veg skewer/ });
  await page.keyboard.press("l");
  await expect(sirloin).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(sirloin).toHaveClass(/done/);
  await expect(sirloin).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(skewer).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(skewer).toBeFocused();
  await page.keyboard.press("Space");
  await expect(skewer.locator(".change")).toHaveCount(0);
  await page.keyboard.press("ArrowUp");
  await expect(sirloin).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(sirloin).not.toBeFocused();
  await expect(ticket).toHaveClass(/selected/);
  expect(await page.evaluate(pressed)).toEqual(["finish", "acknowledge"]);
  // A key of the board goes back to it, and does what it does there.
  await page.keyboard.press("l");
  await page.keyboard.press("1");
  await expect(page.locator(".ticket.selected .label")).toHaveText("Table 12");
  await expect(sirloin).not.toBeFocused();
});

test("a line keeps the keys wherever its ticket goes, and hands them on when it cannot be touched any more", async ({
  open,
}) => {
  const page = await open("scene=friday");
  await select(page, "4");
  await page.keyboard.press("l");
  const bass = page.getByRole("button", { name: /Sea bass/ });
  await expect(bass).toBeFocused();
  // Another screen rushes it, and then it gets a line more before that one.
  await page.evaluate(() =>
    window.fake.change((kitchen) => {
      const [first, second, third, seventh, ...rest] = kitchen.tickets;
      kitchen.tickets = [seventh!, first!, second!, third!, ...rest];
    }),
  );
  await expect(page.locator("main .ticket .label").first()).toHaveText("Table 7");
  await expect(bass).toBeFocused();
  await page.evaluate(() =>
    window.fake.change((kitchen) => {
      const [seventh, ...rest] = kitchen.tickets;
      const [fish, cheese] = seventh!.lines;
      const soup = window.tools.line(1, "Onion soup");
      kitchen.tickets = [{ ...seventh!, lines: [soup, { ...fish!, state: "bumped" }, cheese!] }, ...rest];
    }),
  );
  await expect(page.getByRole("button", { name: /Halloumi/ })).toBeFocused();
});

test("the rows of Recall and of Scheduled are reached by arrows", async ({ open }) => {
  const page = await open("scene=friday&tab=scheduled");
  const fire = page.getByRole("button", { name: /^Fire now: / });
  await page.keyboard.press("ArrowDown");
  await expect(fire.nth(0)).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(fire.nth(1)).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(fire).toHaveCount(2);
  await page.keyboard.press("F1");
  await select(page, "1");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Table 12" })).toHaveCount(0);
  await page.keyboard.press("F5");
  await expect(page.locator(".row")).toHaveCount(1);
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("button", { name: "Look at Table 12" })).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await expect(page.locator(".row")).toHaveCount(0);
  expect(await page.evaluate(pressed)).toEqual(["fire", "bump_selected", "recall"]);
});

for (const glass of [GLASSES[0], GLASSES[2]]) {
  const size = `${glass.width}x${glass.height}`;
  test(`what is seen of the keys is sound at ${size}`, async ({ open }) => {
    const page = await open("scene=line", glass);
    await select(page, "1");
    await page.keyboard.press("l");
    await page.screenshot({ path: `test-results/line-keys-${size}.png` });
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press("m");
    await page.screenshot({ path: `test-results/sheet-keys-${size}.png` });
    expect(await findings(page)).toEqual([]);
  });
}

test("Enter means the selected ticket, not what was clicked before; an echo of it means nothing", async ({
  open,
}) => {
  const page = await open("scene=pull");
  await page.getByRole("button", { name: /^TAKE/ }).first().click();
  await expect.poll(() => page.evaluate(pressed)).toEqual(["take"]);
  expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true);
  const bumped = (times: number) =>
    expect
      .poll(() => page.evaluate(pressed))
      .toEqual(["take", ...Array.from({ length: times }, () => "bump_selected")]);
  const enterAt = async (ms: number) => {
    await expect(page.locator(".down")).toHaveCount(0);
    await settle(page);
    await page.evaluate((timeStamp) => {
      const event = new KeyboardEvent("keydown", { key: "Enter", bubbles: true });
      document.body.dispatchEvent(Object.defineProperty(event, "timeStamp", { value: timeStamp }));
    }, ms);
  };
  await enterAt(1_000);
  await bumped(1);
  await enterAt(1_150);
  await enterAt(1_400);
  await bumped(2);
});
