import { cutOff, expect, findings, GLASSES, settle, test } from "./page";

const SCENES = [
  ["friday", "scene=friday&demo"],
  ["odd", "scene=odd"],
  ["expo", "scene=expo&tab=expo&link=offline"],
  ["long", "scene=long&text=large"],
  ["away", "scene=friday&demo&link=away"],
  // What is wrong is read whole also beside new orders of other pages.
  ["offline", "scene=friday&demo&talk=ready&link=offline"],
] as const;

test("in the counts a long word is smaller rather than broken", async ({ open }) => {
  for (const glass of GLASSES) {
    const page = await open("scene=friday&tab=all_day", glass);
    const rows = await page.evaluate(() => {
      const name = [...document.querySelectorAll<HTMLElement>(".all-day .name")].find(
        ({ textContent }) => textContent === "Cheeseburger",
      )!;
      return name.getClientRects().length;
    });
    expect.soft(rows, `${glass.width}x${glass.height}`).toBe(1);
  }
});

for (const glass of GLASSES) {
  const size = `${glass.width}x${glass.height}`;
  for (const [name, query] of SCENES) {
    test(`nothing is cut off: ${name} at ${size}`, async ({ open }) => {
      const page = await open(query, glass);
      await page.screenshot({ path: `test-results/${name}-${size}.png` });
      expect(await page.evaluate(cutOff)).toEqual([]);
    });
  }

  test(`targets are as large as fingers, rows without gaps, and the grid is told as measured at ${size}`, async ({
    open,
  }) => {
    const page = await open("scene=friday", glass);
    const gaps = await page.evaluate(() =>
      [...document.querySelectorAll(".grid:not(.probe) .lines ul")].flatMap((list) => {
        const boxes = [...list.querySelectorAll("button.line")].map((line) => line.getBoundingClientRect());
        return boxes.slice(1).map((box, n) => box.top - boxes[n]!.bottom);
      }),
    );
    expect(gaps.length).toBeGreaterThan(0);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1);

    const grid = await page.evaluate(() => window.fake.grid!);
    expect([grid.columns, grid.rows]).toEqual(CELLS[size]);
    expect(grid.line_px).toBeGreaterThanOrEqual(Math.floor(15 * glass.mm));
    expect(grid.cell_body_px).toBeGreaterThan(2 * grid.line_px + grid.row_px);
    expect(grid.name_chars).toBeGreaterThan(10);

    // With everything in the footer that can be there at once.
    await page.evaluate(() => {
      const { order } = window.fake.tickets[0]!;
      return window.fake.press({ view: "", mount: 0 }, { press: "bump", order, seen: 1, lines: [] });
    });
    await settle(page);
    expect(await page.evaluate(cutOff)).toEqual([]);
    // None of it at the very edge, where a bezel and a cloth are.
    const room = await page.evaluate(() =>
      [...document.querySelectorAll(".bar.bottom button")].map((button) => {
        const { bottom, right } = button.getBoundingClientRect();
        return Math.min(innerHeight - bottom, innerWidth - right);
      }),
    );
    // Low glass has no more to give.
    expect(Math.min(...room)).toBeGreaterThan((glass.width === 1366 ? 0.3 : 1.2) * glass.mm);
    const small = await page.evaluate((mm) => {
      const needed = (button: Element) => {
        if (button.matches(".bump")) return 20;
        const fit = Number(button.closest<HTMLElement>(".ticket")?.style.getPropertyValue("--fit") || 1);
        return button.matches(".line") ? 15 * fit : 15;
      };
      return [...document.querySelectorAll("button")]
        .filter((button) => button.checkVisibility())
        .map((button) => ({ button, box: button.getBoundingClientRect(), least: needed(button) * mm - 1 }))
        .filter(({ box, least }) => box.height < least || box.width < Math.min(least, 15 * mm - 1))
        .map(({ button, box }) => `${button.className} ${box.width}x${box.height}`);
    }, glass.mm);
    expect(small).toEqual([]);
  });
}

const CELLS: Record<string, number[]> = {
  "1920x1080": [4, 2],
  "1366x768": [3, 2],
  "1024x768": [3, 2],
  "1080x1920": [2, 4],
};

for (const [name, query] of [
  ["the board", "scene=friday&demo"],
  ["what is rare", "scene=odd"],
  ["expo", "scene=expo&tab=expo"],
  ["all day", "tab=all_day"],
  ["scheduled", "tab=scheduled"],
  ["an empty recall", "tab=recall"],
  ["an empty kitchen", "scene=empty"],
  ["offline", "scene=empty&link=offline"],
  ["refused", "scene=friday&link=refused"],
  ["order system away", "scene=friday&link=away"],
  ["connecting", "scene=friday&link=connecting"],
  ["loading", "loading"],
  ["failing", "failing"],
] as const) {
  test(`axe finds nothing: ${name}`, async ({ open }) => {
    const page = await open(query, GLASSES[2]);
    expect(await findings(page)).toEqual([]);
  });
}

test("axe finds nothing: sheets, recall and what comes after a bump", async ({ open }) => {
  const page = await open("scene=friday", GLASSES[2]);
  await page.getByRole("button", { name: "BUMP Table 12" }).dispatchEvent("pointerdown", { button: 0 });
  await expect(page.locator(".toast")).toBeVisible();
  expect(await findings(page)).toEqual([]);
  await page.keyboard.press("F5");
  await expect(page.getByRole("button", { name: "Recall Table 12" })).toBeVisible();
  expect(await findings(page)).toEqual([]);
  for (const name of ["Station Grill. Touch to change", "Settings", "Connection Live"]) {
    await page.getByRole("button", { name, exact: true }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
    expect(await findings(page)).toEqual([]);
    await page.getByRole("button", { name: "Close" }).click();
    await expect(page.getByRole("dialog")).toHaveCount(0);
  }
});

for (const glass of GLASSES) {
  for (const link of ["offline", "refused", "away"]) {
    test(`the connection panel is whole: ${link} at ${glass.width}x${glass.height}`, async ({ open }) => {
      const page = await open(`scene=friday&link=${link}`, glass);
      await page.keyboard.press("F6");
      const panel = page.getByRole("dialog");
      await expect(panel).toBeVisible();
      await page.screenshot({ path: `test-results/panel-${link}-${glass.width}x${glass.height}.png` });
      const paper = panel.locator(".paper");
      expect(await paper.evaluate((held) => held.scrollHeight - held.clientHeight)).toBeLessThanOrEqual(1);
      expect(await findings(page)).toEqual([]);
    });
  }
}

test("what is too much for a ticket is made smaller, and what is far too much scrolls visibly", async ({
  open,
}) => {
  const page = await open("scene=empty", GLASSES[2]);
  await page.evaluate(() => {
    const { ticket, line } = window.tools;
    const name =
      "Slow-roasted shoulder of lamb with rosemary potatoes, honey carrots, peas, mint sauce and a gravy of its own";
    // Its height cannot be guessed from the lines: the page must cope.
    const card = ticket(5, {
      label: { kind: "table", text: "1" },
      lines: [line(1, `${name}, ${name}, ${name}, ${name}, ${name}`)],
    });
    window.fake.change((kitchen) => (kitchen.tickets = [card]));
  });
  await settle(page);
  const more = page.getByRole("button", { name: "more" });
  await expect(more).toBeVisible();
  const before = await page.locator(".grid:not(.probe) .body").evaluate((body) => body.scrollTop);
  await more.click();
  expect(await page.locator(".grid:not(.probe) .body").evaluate((body) => body.scrollTop)).toBeGreaterThan(before);
});

test("an allergy is on the glass even when its line is behind more", async ({ open }) => {
  const page = await open("scene=empty&text=large", GLASSES[2]);
  await page.evaluate(() => {
    const { ticket, line } = window.tools;
    const long = "Slow-roasted shoulder of lamb with rosemary potatoes, honey carrots, peas and mint sauce";
    const allergy = (text: string) => ({ modifiers: [{ class: "allergy" as const, text }] });
    const lines = [1, 2, 3, 4, 5, 6].map((n) =>
      line(1, `${long} ${n}`, n === 6 ? allergy("severe: peanuts") : {}),
    );
    const card = ticket(5, { label: { kind: "table", text: "1" }, lines });
    // As if its heights had been guessed wrongly: one cell for all of it.
    window.fake.change((kitchen) => {
      kitchen.grid = { ...kitchen.grid!, name_chars: 1_000, row_px: 1, line_px: 1 };
      kitchen.tickets = [card];
    });
  });
  await settle(page);
  await expect(page.getByRole("button", { name: "more" })).toBeVisible();
  const strip = page.locator(".grid:not(.probe) .allergies");
  await expect(strip).toHaveText("ALLERGY severe: peanuts");
  await expect(strip).toBeInViewport({ ratio: 1 });
});

test("an empty kitchen says that it lives, and a dead one never looks empty", async ({ open }) => {
  const live = await open("scene=empty");
  await expect(live.getByText("New ones appear here by themselves.")).toBeVisible();
  await expect(live.locator(".screen").getByText("Live")).toBeVisible();
  const offline = await open("scene=empty&link=offline");
  await expect(offline.getByText("new orders cannot arrive", { exact: false })).toBeVisible();
  const loading = await open("loading");
  await expect(loading.getByText("No orders")).toHaveCount(0);
});
