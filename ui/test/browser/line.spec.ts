import { expect, findings, GLASSES, settle, test } from "./page";

const pressed = () => window.fake.presses.map(({ press }) => press);

test("a ticket's head opens what else can be done with it, and a toast takes it back", async ({ open }) => {
  const page = await open("scene=friday", GLASSES[0], true);
  const rush = page.locator(".ticket", { hasText: "Okafor" }).locator(".head").getByText("RUSH");
  await page.getByRole("button", { name: "Okafor: start, rush, hold, send" }).tap();
  await page.getByRole("button", { name: "RUSH: before all others" }).tap();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(rush).toBeVisible();
  await page.getByRole("button", { name: "Okafor goes first UNDO" }).tap();
  await expect(rush).toHaveCount(0);
  await page.getByRole("button", { name: /^Okafor: / }).tap();
  await page.getByRole("button", { name: "10 min" }).tap();
  await expect(page.locator(".ticket.held")).toContainText("HOLD 10 min");
  await page.getByRole("button", { name: /^Okafor: / }).tap();
  await page.getByRole("button", { name: "RELEASE: cook it now" }).tap();
  await expect(page.locator(".ticket.held")).toHaveCount(0);
  await page.getByRole("button", { name: /^Okafor: / }).tap();
  await page.getByRole("button", { name: "START", exact: true }).tap();
  await page.getByRole("button", { name: /^Okafor: / }).tap();
  await page.getByRole("dialog").getByRole("button", { name: "Cold" }).tap();
  await expect(page.getByRole("heading", { name: "Okafor" })).toHaveCount(0);
  await page.getByRole("button", { name: "Okafor sent over UNDO" }).tap();
  await expect(page.getByRole("heading", { name: "Okafor" })).toBeVisible();
  expect(await page.evaluate(pressed)).toEqual(["rush", "undo", "hold", "release", "start", "transfer", "undo"]);
});

test("what waits is grey and no touch, a course is fired, and a pass that waits cannot be bumped", async ({
  open,
}) => {
  const page = await open("scene=line");
  await expect(page.locator(".line.waits")).toHaveCount(3);
  await page.locator(".line.waits").first().click();
  await expect(page.getByText("at Make")).toBeVisible();
  await expect(page.getByText("86 OUT")).toBeVisible();
  await expect(page.getByRole("button", { name: /waits for Grill, Fry/ })).toBeDisabled();
  expect(await page.evaluate(pressed)).toEqual([]);
  await page.getByRole("button", { name: /^Table 12: / }).click();
  await page.getByRole("dialog").getByRole("button", { name: "FIRE Mains" }).click();
  await expect(page.locator(".line.waits")).toHaveCount(1);
  expect(await page.evaluate(() => window.fake.presses)).toMatchObject([{ press: "fire", course: 2 }]);
});

test("where only the next course is left, the foot of the ticket fires it", async ({ open }) => {
  const page = await open("scene=line");
  const ticket = page.getByRole("article", { name: "Table 9" });
  await expect(ticket.getByRole("button", { name: /BUMP/ })).toHaveCount(0);
  await ticket.getByRole("button", { name: "FIRE Mains" }).click();
  await expect(ticket.getByRole("button", { name: "BUMP Table 9" })).toBeVisible();
  expect(await page.evaluate(() => window.fake.presses)).toMatchObject([{ press: "fire", course: 2 }]);
});

test("one line of a ticket is sent to another station by touch", async ({ open }) => {
  const page = await open("scene=friday", GLASSES[2], true);
  await page.getByRole("button", { name: /^Okafor: / }).tap();
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("button", { name: "1 Lamb kofta" }).tap();
  await expect(sheet.getByText("Only this one to")).toBeVisible();
  await sheet.getByRole("button", { name: "Cold" }).tap();
  await expect(page.getByText("Lamb kofta")).toHaveCount(0);
  await expect(page.getByRole("button", { name: /Chicken wrap/ })).toBeVisible();
  const lines = await page.evaluate(() =>
    window.fake.presses.flatMap((press) => (press.press === "transfer" ? press.lines : [])),
  );
  expect(lines.length).toBe(1);
});

test("recall is searched by fingers and by words, looked at, and brought back", async ({ open }) => {
  const page = await open("scene=friday", GLASSES[2], true);
  await page.getByRole("button", { name: "BUMP Table 12" }).tap();
  await page.waitForTimeout(300);
  await page.getByRole("button", { name: "BUMP Okafor" }).tap();
  await page.getByRole("button", { name: "Recall", exact: true }).tap();
  await expect(page.locator(".row")).toHaveCount(2);
  await page.getByRole("button", { name: "1", exact: true }).tap();
  await page.getByRole("button", { name: "2", exact: true }).tap();
  await expect(page.locator(".row")).toHaveCount(1);
  await page.getByRole("button", { name: "Show all" }).tap();
  await page.getByRole("searchbox").fill("okafor");
  await expect(page.locator(".row")).toHaveCount(1);
  await page.getByRole("button", { name: "Show all" }).tap();
  await page.getByRole("button", { name: "Letters" }).tap();
  for (const letter of "KOFD") await page.getByRole("button", { name: letter, exact: true }).tap();
  await expect(page.getByRole("searchbox")).toHaveValue("kofd");
  await expect(page.getByText("Nothing found.")).toBeVisible();
  await page.getByRole("button", { name: "Erase the last one" }).tap();
  await expect(page.locator(".row")).toHaveCount(1);
  await page.getByRole("button", { name: "Look at Okafor" }).tap();
  const sheet = page.getByRole("dialog");
  await expect(sheet.locator(".line")).not.toHaveCount(0);
  await expect(sheet).toContainText(/bumped 18:4\d by Grill/);
  await sheet.getByRole("button", { name: "Recall Okafor" }).tap();
  await expect(sheet).toHaveCount(0);
  await expect(page.getByText("Nothing found.")).toBeVisible();
  expect(await page.evaluate(pressed)).toEqual(["bump", "bump", "recall"]);
});

test("a scheduled order is fired early", async ({ open }) => {
  const page = await open("scene=friday&tab=scheduled");
  await page
    .getByRole("button", { name: /^Fire now: / })
    .first()
    .click();
  await expect(page.locator(".row")).toHaveCount(2);
  expect(await page.evaluate(pressed)).toEqual(["fire"]);
});

test("a count marks its lines, and an item is eighty-sixed beside it", async ({ open }) => {
  const page = await open("scene=line&tab=all_day");
  const count = page.getByRole("button", { name: /Ribeye/ }).first();
  await count.click();
  await expect(count).toHaveAttribute("aria-pressed", "true");
  await page.getByRole("button", { name: /^86 Ribeye/ }).click();
  await page.getByRole("button", { name: "86: it is out" }).click();
  await expect(page.getByRole("button", { name: /^86 Ribeye/ })).toHaveText("OUT");
  await page.getByRole("button", { name: /stock changed UNDO/ }).click();
  await expect(page.getByRole("button", { name: /^86 Ribeye/ })).toHaveText("86");
  await page.getByRole("button", { name: "Whole kitchen" }).click();
  await expect(page.getByText("750 g Dough")).toBeVisible();
  expect(await page.evaluate(() => window.fake.goes.map(({ go }) => go))).toEqual(["mark", "counts"]);
});

test("counts keep their places while one looks at them, and are sorted anew when one comes back", async ({
  open,
}) => {
  const page = await open("scene=friday&tab=all_day");
  const names = () =>
    page.evaluate(() =>
      [...document.querySelectorAll(".all-day li")].map((tile) => {
        const name = tile.querySelector(".item")!.textContent;
        return `${tile.querySelector("b")!.textContent} ${name}`;
      }),
    );
  const before = await names();
  // Another screen bumps what most is wanted of.
  await page.evaluate(() =>
    window.fake.change((kitchen) => {
      kitchen.tickets = kitchen.tickets.filter(
        ({ lines }) => !lines.some(({ name }) => name === "Quattro stagioni"),
      );
    }),
  );
  const places = (tiles: string[]) => tiles.map((tile) => tile.replace(/^\d+ /, ""));
  await expect.poll(names).toContain("0 Quattro stagioni");
  expect(places(await names())).toEqual(places(before));
  await page.keyboard.press("F1");
  await page.keyboard.press("F3");
  await expect.poll(names).not.toContain("0 Quattro stagioni");
  const counts = (await names()).map((tile) => Number.parseInt(tile, 10));
  expect(counts).toEqual(counts.toSorted((one, other) => other - one));
});

test("an allergy is a badge in the counts, and lists do not speak of pages and lateness of tickets", async ({
  open,
}) => {
  const page = await open("scene=friday&tab=all_day");
  await page.evaluate(() =>
    window.fake.change((kitchen) => {
      kitchen.variants = [
        {
          modifiers: [
            { text: "sesame", class: "allergy" },
            { text: "extra bacon", class: "addition" },
          ],
          open: 2,
        },
      ];
    }),
  );
  const variant = page.locator(".variant").first();
  await expect(variant.locator(".badge")).toHaveText("ALLERGY sesame");
  await expect(variant).toContainText("extra bacon");
  await expect(page.locator(".late-count")).toHaveCount(0);
  await expect(page.locator(".chip")).toHaveText("NEW Table 22 ");
  await page.keyboard.press("F1");
  await expect(page.locator(".late-count")).toHaveText(/late/);
  await expect(page.locator(".chip")).toHaveText("NEW Table 22 · p 2");
});

test("what is on hold looks held, what is new keeps its lateness, and a rush is in the head", async ({ open }) => {
  const page = await open("scene=odd");
  const colours = (selector: string) =>
    page
      .locator(selector)
      .first()
      .evaluate((element) => {
        const { color, backgroundColor } = getComputedStyle(element);
        return [color, backgroundColor];
      });
  const ofBump = ".grid:not(.probe) .ticket:not(.held, .void) .bump";
  expect((await colours(".held .bump"))[1]).not.toBe((await colours(ofBump))[1]);
  const ofLine = ".grid:not(.probe) .ticket:not(.held, .void) .line.own:not(.done)";
  expect((await colours(".held .line.own"))[0]).not.toBe((await colours(ofLine))[0]);
  await page.evaluate(() =>
    window.fake.change((kitchen) => {
      kitchen.tickets = kitchen.tickets.map((held) => ({ ...held, fresh: true, rush: true }));
    }),
  );
  await expect(page.locator(".ticket.soon .head .rush")).toHaveText("RUSH");
  const flash = await page
    .locator(".ticket.soon.fresh .head")
    .evaluate((head) => getComputedStyle(head, "::before").backgroundColor);
  expect(flash).toBe("rgba(0, 0, 0, 0)");
});

test("keys: s starts what is selected, and writing is no command", async ({ open }) => {
  const page = await open("scene=friday");
  await page.keyboard.press("1");
  await settle(page);
  await page.keyboard.press("s");
  await expect.poll(() => page.evaluate(pressed)).toEqual(["start_selected"]);
  await page.getByRole("button", { name: "Recall", exact: true }).click();
  await page.getByRole("searchbox").pressSequentially("rs 1");
  expect(await page.evaluate(pressed)).toEqual(["start_selected"]);
});

const VIEWS = ["scene=line", "scene=line&tab=all_day", "scene=friday&tab=recall", "scene=friday&tab=scheduled"];

for (const [index, glass] of GLASSES.entries()) {
  for (const query of VIEWS) {
    test(`what is new is large enough and sound on glass ${index + 1}: ${query}`, async ({ open }) => {
      const page = await open(query, glass);
      const letters = page.getByRole("button", { name: "Letters" });
      if (query.includes("recall")) await letters.click();
      expect(await findings(page)).toEqual([]);
      const small = await page.evaluate((mm) => {
        const least = 14.5 * mm - 1;
        return [
          ...document.querySelectorAll<HTMLElement>(
            ".handle, .dots, .count, .stock, .list-head .button, .row .button",
          ),
        ]
          .filter((element) => element.offsetHeight < least || element.offsetWidth < least)
          .map((element) => `${element.className} ${element.offsetWidth} ${element.offsetHeight}`);
      }, glass.mm);
      expect(small).toEqual([]);
      expect(await page.evaluate(() => document.querySelector("main")!.scrollWidth > innerWidth)).toBe(false);
    });
  }

  test(`the sheet of a ticket is sound on glass ${index + 1}`, async ({ open }) => {
    const page = await open("scene=line", glass);
    await page.getByRole("button", { name: /^Table 12: / }).click();
    expect(await findings(page)).toEqual([]);
  });
}
