import { expect, findings, GLASSES, settle, test } from "./page";

const pressed = () => window.fake.presses.map(({ press }) => press);

test("added, changed and voided lines flash until the glass is touched and stay marked until they are", async ({
  open,
}) => {
  const page = await open("scene=marks", GLASSES[0], true);
  const flashing = page.locator(".line.flashes");
  await expect(flashing).toHaveCount(5);
  await expect(page.getByText("1 VOIDED was 3")).toBeVisible();
  await expect(page.getByText("CHANGED", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: /Spring rolls/ }).tap();
  await expect(flashing).toHaveCount(0);
  await expect(page.locator(".line.changed")).toHaveCount(4);
  await page.getByRole("button", { name: /^SEEN/ }).tap();
  await expect(page.getByRole("heading", { name: "Table 4" })).toHaveCount(0);
  expect(await page.evaluate(pressed)).toEqual(["acknowledge", "bump"]);
});

test("a line that is to be begun later says when and with what, and can be touched all the same", async ({
  open,
}) => {
  const page = await open("scene=paced", GLASSES[0], true);
  await expect(page.getByText("start in 2 min, with Ribeye 14 oz")).toBeVisible();
  await expect(page.getByText("START NOW")).toBeVisible();
  await expect(page.getByText("start in 6 min", { exact: true })).toBeVisible();
  await expect(page.getByText("ready 18:52")).toBeVisible();
  await page.getByRole("button", { name: /^Table 12: / }).tap();
  await expect(
    page.getByText("Smash burger: start in 2 min, so that it is ready with the Ribeye 14 oz"),
  ).toBeVisible();
  const lines = page.locator(".ticket[data-order]").first().locator(".line");
  const [ribeye, burger] = [lines.filter({ hasText: "medium rare" }), lines.filter({ hasText: "Smash burger" })];
  await page.getByRole("button", { name: "START", exact: true }).tap();
  await expect(ribeye).toHaveAttribute("data-state", "started");
  await expect(burger).toHaveAttribute("data-state", "queued");
  await burger.tap();
  await expect(burger).toHaveAttribute("data-state", "done");
  expect(await page.evaluate(pressed)).toEqual(["start", "finish"]);
});

test("the tickets of one table stand together when the view wants it, each with its own BUMP, and one for all", async ({
  open,
}) => {
  const page = await open("scene=tables", GLASSES[0], true);
  await expect(page.getByRole("button", { name: "BUMP ALL" })).toHaveCount(0);
  await page.getByRole("button", { name: "Settings" }).tap();
  await page.getByRole("button", { name: "Together" }).tap();
  await page.keyboard.press("Escape");
  await settle(page);
  const labels = page.locator(".ticket[data-order] .label");
  expect((await labels.allTextContents()).slice(0, 3)).toEqual(["Table 12", "Table 12", "Table 12"]);
  await expect(page.getByRole("img", { name: "ticket 2 of 3 of table 12" })).toBeVisible();
  await page.getByRole("button", { name: "BUMP ALL 3" }).tap();
  await expect(page.getByRole("heading", { name: "Table 12" })).toHaveCount(0);
  const [bump] = await page.evaluate(() => window.fake.presses);
  expect(bump).toMatchObject({ press: "bump_table", tickets: [{ seen: 1 }, { seen: 1 }, { seen: 1 }] });
  await page.getByRole("button", { name: "Table 12: 3 bumped UNDO" }).tap();
  await expect(page.getByRole("heading", { name: "Table 12" })).toHaveCount(3);
  // By the keyboard: the table of the selected card.
  await page.keyboard.press("1");
  await settle(page);
  await page.keyboard.press("b");
  await expect(page.getByRole("heading", { name: "Table 12" })).toHaveCount(0);
  expect(await page.evaluate(pressed)).toEqual(["bump_table", "undo", "bump_table"]);
});

test("scheduled orders stand by the quarter of an hour, and those that fire soon stand out", async ({ open }) => {
  const page = await open("scene=friday&tab=scheduled");
  await expect(page.locator(".list-title")).toHaveText([
    "Within 5 minutes · 1 order",
    "19:00 – 19:15 · 1 order",
    "19:15 – 19:30 · 1 order",
  ]);
  await expect(page.locator(".row.soon")).toHaveCount(1);
  await expect(page.locator(".tab .badge.soon")).toHaveText(/1$/);
});

test("the pass sees how far each station is", async ({ open }) => {
  const page = await open("scene=expo&tab=expo");
  const stations = page.locator(".ticket[data-order]").first().locator(".stations .at");
  await expect(stations).toHaveText(["Grill 1/3", "Fry", "Cold 0/2"]);
  await expect(page.locator(".stations .sent").first()).toHaveText("Fry");
});

for (const [index, glass] of GLASSES.entries()) {
  test(`tables, times and changes are sound and fit on glass ${index + 1}`, async ({ open }) => {
    for (const query of ["scene=paced", "scene=tables", "scene=marks", "scene=expo&tab=expo"]) {
      const page = await open(query, glass);
      if (query === "scene=tables") {
        await page.evaluate(() => window.fake.go({ view: "station", mount: 1 }, { go: "by_table", on: true }));
        await settle(page);
        const small = await page.evaluate(
          (mm) =>
            [...document.querySelectorAll<HTMLElement>(".feet .foot")]
              .filter((foot) => foot.offsetWidth < 20 * mm - 1)
              .map((foot) => `${foot.textContent} ${foot.offsetWidth}`),
          glass.mm,
        );
        expect(small).toEqual([]);
      }
      expect(await findings(page)).toEqual([]);
    }
    const page = await open("scene=paced", glass);
    await page.getByRole("button", { name: "Settings" }).click();
    expect(await findings(page)).toEqual([]);
  });
}
