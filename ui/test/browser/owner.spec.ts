import { expect, findings, GLASSES, test } from "./page";

const pressed = () => window.fake.presses.map(({ press }) => press);

test("in the morning it is said what is parked, and it is looked at and brought back", async ({ open }) => {
  const page = await open("scene=friday&morning", GLASSES[0], true);
  await expect(page.getByText("3 tickets of earlier days are parked. Find them under Recall.")).toBeVisible();
  await page.getByRole("button", { name: "LOOK" }).tap();
  await expect(page.locator(".row.parked")).toHaveCount(3);
  await expect(page.locator(".row").first()).toContainText("parked");
  await page.getByRole("button", { name: "OK", exact: true }).tap();
  await expect(page.getByText("are parked.")).toHaveCount(0);
  await page
    .locator(".row.parked")
    .first()
    .getByRole("button", { name: /^Recall / })
    .tap();
  await expect(page.locator(".row.parked")).toHaveCount(2);
  expect(await page.evaluate(pressed)).toEqual(["unpark"]);
});

test("a ticket is put aside from its head", async ({ open }) => {
  const page = await open("scene=friday");
  await page.getByRole("button", { name: /^Okafor: / }).click();
  await page.getByRole("button", { name: "PARK: off every screen" }).click();
  await page.getByRole("button", { name: "Okafor parked UNDO" }).click();
  await expect(page.getByRole("heading", { name: "Okafor" })).toBeVisible();
  expect(await page.evaluate(pressed)).toEqual(["park", "undo"]);
});

test("the end of service names the count, asks twice, means what it showed and is undone by one touch", async ({
  open,
}) => {
  const page = await open("scene=friday&tab=expo");
  await page.keyboard.press("e");
  const sheet = page.getByRole("dialog");
  await expect(sheet.locator(".open-tickets li").first()).toBeVisible();
  const count = await sheet.locator(".open-tickets li").count();
  await sheet.getByRole("button", { name: /^PARK / }).click();
  await expect(page.getByText(`Park ${count} tickets? They leave every screen`)).toBeVisible();
  expect(await page.evaluate(pressed)).toEqual([]);
  await sheet.getByRole("button", { name: "Back" }).click();
  await sheet.getByRole("button", { name: /^BUMP / }).click();
  await page.evaluate(() => {
    window.fake.change((kitchen) => {
      kitchen.tickets = [...kitchen.tickets, { ...kitchen.tickets[0]!, order: "late" }];
    });
  });
  await sheet.getByRole("button", { name: `BUMP ${count}`, exact: true }).click();
  await expect(sheet).toHaveCount(0);
  const seen = page.locator('main.grid > .ticket:not([data-order="late"])');
  await expect(seen).toHaveCount(0);
  await expect(page.locator('.ticket[data-order="late"]').first()).toBeVisible();
  const [close] = await page.evaluate(() => window.fake.presses);
  expect(close).toMatchObject({ press: "close", how: "bump" });
  expect(close?.press === "close" && close.tickets.length).toBe(count);
  await page.getByRole("button", { name: `${count} tickets bumped UNDO` }).click();
  await expect(seen).not.toHaveCount(0);
});

test("a station asks of its own tickets only", async ({ open }) => {
  const page = await open("scene=friday");
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "End of service" }).click();
  const sheet = page.getByRole("dialog");
  await expect(sheet.getByRole("button", { name: /^BUMP / })).toBeVisible();
  await expect(sheet.getByRole("button", { name: /^(PARK|VOID) / })).toHaveCount(0);
  await page.getByRole("button", { name: /^LEAVE THEM/ }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("where tickets are taken, a free one is taken first and another screen's is not to be had", async ({
  open,
}) => {
  const page = await open("scene=pull");
  await expect(page.getByRole("button", { name: /^BUMP/ })).toHaveCount(1);
  await expect(page.getByRole("button", { name: /^at screen 2/ })).toBeDisabled();
  await page.getByRole("button", { name: /^TAKE/ }).first().click();
  await expect(page.getByRole("button", { name: /^BUMP/ })).toHaveCount(2);
  expect(await page.evaluate(pressed)).toEqual(["take"]);
  // Nobody can say whether the other screen is still there: whoever stands here does it.
  await page.evaluate(() => {
    window.fake.change((kitchen) => {
      kitchen.connection = { ...kitchen.connection, state: "offline" };
    });
  });
  await expect(page.getByRole("button", { name: /^BUMP/ })).toHaveCount(3);
  await page.getByRole("button", { name: /^Station Grill/ }).click();
  await page.getByRole("button", { name: "2", exact: true }).click();
  await expect(page.getByRole("button", { name: "2", exact: true })).toHaveAttribute("aria-pressed", "true");
});

test("an owner gives a part of the menu a station, sees what changes, and takes it back", async ({ open }) => {
  const page = await open("scene=friday", GLASSES[0], true);
  await page.getByRole("button", { name: "Settings" }).tap();
  await page.getByRole("button", { name: "Stations and rules" }).tap();
  await expect(page.getByText("2 items are cooked by no station")).toBeVisible();
  await expect(page.getByRole("button", { name: "Save…" })).toBeDisabled();
  await page.getByRole("button", { name: "+ Add a station" }).tap();
  await page.getByRole("button", { name: "Desserts", exact: true }).tap();
  await page.getByRole("button", { name: "Drinks", exact: true }).tap();
  await page.getByRole("button", { name: "The tickets are dealt to its screens in turn" }).tap();
  await page.getByLabel("Name").fill("Sweets and bar");
  await page.getByLabel("Name").press("Enter");
  await page.getByRole("button", { name: "Rules" }).tap();
  await page.getByRole("button", { name: /^More: LATE: tickets/ }).tap();
  await page.getByRole("button", { name: "Save…" }).tap();
  await expect(page.locator(".house-changes li")).toHaveText([
    "New station: Sweets and bar",
    "When a ticket is SOON and LATE",
  ]);
  await expect(page.getByText("2 tickets that are open change stations")).toBeVisible();
  await page.getByRole("button", { name: "SAVE: it takes effect now" }).tap();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.getByRole("button", { name: "Stations and rules changed UNDO" }).tap();
  expect(await page.evaluate(pressed)).toEqual(["configure", "undo"]);
});

test("a station gets its name by fingers", async ({ open }) => {
  const page = await open("scene=friday", GLASSES[2], true);
  await page.getByRole("button", { name: "Settings" }).tap();
  await page.getByRole("button", { name: "Stations and rules" }).tap();
  await page.getByRole("button", { name: /^Cold/ }).tap();
  await page.getByRole("button", { name: "Letters" }).tap();
  const name = page.getByRole("textbox", { name: "Name" });
  const erase = page.getByRole("button", { name: "Erase the last one" });
  for (let left = "Cold".length; left > 0; left -= 1) await erase.tap();
  await expect(name).toHaveValue("");
  await expect(erase).toBeDisabled();
  for (const key of "PIZZA") await page.getByRole("button", { name: key, exact: true }).tap();
  await page.getByRole("button", { name: "Space", exact: true }).tap();
  await page.getByRole("button", { name: "2", exact: true }).tap();
  await expect(name).toHaveValue("Pizza 2");
  await page.getByRole("button", { name: "Save…" }).tap();
  await expect(page.locator(".house-changes li")).toContainText(["Pizza 2"]);
});

test("who was overtaken is told, and nothing can be saved over it", async ({ open }) => {
  const page = await open("scene=friday");
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Stations and rules" }).click();
  await page.getByRole("button", { name: /^Grill/ }).click();
  await page.getByRole("button", { name: "Desserts", exact: true }).click();
  await page.evaluate(() => {
    window.fake.change((kitchen) => {
      kitchen.house = { ...kitchen.house, overtaken: true };
    });
  });
  await expect(page.getByText("Somebody else has changed this meanwhile")).toBeVisible();
  await expect(page.getByRole("button", { name: "Save…" })).toBeDisabled();
  await page.getByRole("button", { name: "Show theirs" }).click();
  await expect(page.getByText("Somebody else has changed this meanwhile")).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

for (const [index, glass] of GLASSES.entries()) {
  test(`what an owner sees is sound on glass ${index + 1}`, async ({ open }) => {
    const page = await open("scene=friday&tab=expo&morning", glass);
    await page.keyboard.press("e");
    await expect(page.locator(".open-tickets li").first()).toBeVisible();
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("button", { name: "Stations and rules" }).click();
    await expect(page.locator(".house-stations")).toBeVisible();
    expect(await findings(page)).toEqual([]);
    await page.getByRole("button", { name: /^Grill/ }).click();
    await page.getByRole("button", { name: "Letters" }).click();
    expect(await findings(page)).toEqual([]);
    await page.getByRole("button", { name: "Rules" }).click();
    expect(await findings(page)).toEqual([]);
    const wide = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("dialog .button")]
        .filter((button) => button.scrollWidth > button.clientWidth + 1)
        .map((button) => button.textContent),
    );
    expect(wide).toEqual([]);
  });
}
