import { expect, GLASSES, settle, test } from "./page";

test("BUMP looks pressed at once, and done when the kitchen says so; UNDO takes it back", async ({ open }) => {
  const page = await open("scene=friday");
  const looks = await page.evaluate(() => {
    window.fake.pressMs = 150;
    const bump = document.querySelector<HTMLElement>(".grid:not(.probe) .bump")!;
    const before = bump.classList.contains("down");
    bump.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, pointerType: "mouse", button: 0 }));
    return { before, after: bump.classList.contains("down"), there: bump.isConnected };
  });
  expect(looks).toEqual({ before: false, after: true, there: true });
  await expect(page.getByRole("heading", { name: "Table 12" })).toHaveCount(0);
  await page.getByRole("button", { name: "Table 12 bumped UNDO" }).click();
  await expect(page.getByRole("heading", { name: "Table 12" })).toBeVisible();
  const [bump, undo] = await page.evaluate(() => window.fake.presses);
  expect(bump).toMatchObject({ press: "bump", order: expect.any(String), seen: 1 });
  expect(bump && "lines" in bump && bump.lines.length).toBe(4);
  expect(undo).toMatchObject({ press: "undo" });
});

for (const [index, glass] of GLASSES.entries()) {
  test(`UNDO never comes where pages are turned or an order is gone to, on glass ${index + 1}`, async ({
    open,
  }) => {
    const page = await open("scene=friday", glass);
    const boxes = () =>
      page.evaluate(() =>
        ["[aria-label='Next page']", "[aria-label='Previous page']", ".chip", ".toast"].map((selector) => {
          const box = document.querySelector(selector)?.getBoundingClientRect();
          return box && [box.left, box.right, box.top, box.bottom].map(Math.round);
        }),
      );
    const [next, previous, chip] = await boxes();
    await page.getByRole("button", { name: "BUMP Okafor" }).click();
    await expect(page.locator(".toast")).toBeVisible();
    const [nextThen, previousThen, chipThen, undo] = await boxes();
    expect([nextThen, previousThen, chipThen]).toEqual([next, previous, chip]);
    // More new orders, and trouble: still where they were.
    await page.evaluate(() =>
      window.fake.change((kitchen) => {
        kitchen.tickets = [
          ...kitchen.tickets,
          ...[1, 2, 3].map((n) => ({ ...kitchen.tickets.at(-1)!, order: `n${n}` })),
        ];
        kitchen.connection = { ...kitchen.connection, state: "offline" };
      }),
    );
    await expect(page.locator(".more-new")).toBeVisible();
    const [nextLast, previousLast, , undoLast] = await boxes();
    expect([nextLast, previousLast, undoLast]).toEqual([next, previous, undo]);
  });
}

test("a line is done with one touch and not done with the next", async ({ open }) => {
  const page = await open("scene=friday", GLASSES[0], true);
  const line = page.getByRole("button", { name: /Ribeye/ });
  await line.tap();
  await expect(line).toHaveAttribute("aria-pressed", "true");
  await page.waitForTimeout(300);
  await line.tap();
  await expect(line).toHaveAttribute("aria-pressed", "false");
  expect(await page.evaluate(() => window.fake.presses.map(({ press }) => press))).toEqual(["finish", "reopen"]);
});

test("a touch acts on what was there when the finger came down, whatever moves before it rises", async ({
  open,
}) => {
  const page = await open("scene=friday");
  const order = await page.evaluate(() => window.fake.tickets[1]!.order);
  const box = (await page.getByRole("button", { name: "BUMP Okafor" }).boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  // Another screen bumps the first ticket: all others move up.
  await page.evaluate(() => window.fake.change((kitchen) => (kitchen.tickets = kitchen.tickets.slice(1))));
  await settle(page);
  await page.mouse.up();
  await settle(page);
  const presses = await page.evaluate(() => window.fake.presses);
  expect(presses.length).toBe(1);
  expect(presses[0]).toMatchObject({ press: "bump", order });
});

test("a card that another screen has just moved under the finger flashes and does nothing else", async ({
  open,
}) => {
  const page = await open("scene=friday");
  const told = await page.evaluate(async () => {
    const touchBump = () => {
      const box = document.querySelector<HTMLElement>(".grid:not(.probe) .bump")!.getBoundingClientRect();
      const [clientX, clientY] = [box.x + 20, box.y + 20];
      const init = { bubbles: true, pointerType: "mouse", button: 0, clientX, clientY };
      document.elementFromPoint(clientX, clientY)!.dispatchEvent(new PointerEvent("pointerdown", init));
    };
    const first = () => document.querySelector(".grid:not(.probe) .ticket .label")!.textContent;
    const before = first();
    window.fake.change((kitchen) => (kitchen.tickets = kitchen.tickets.slice(1)));
    while (first() === before) await new Promise((resolve) => setTimeout(resolve));
    touchBump();
    const surprised = document.querySelector(".ticket.surprised .label")?.textContent;
    return { presses: window.fake.presses.length, surprised, first: first() };
  });
  expect(told).toEqual({ presses: 0, surprised: "Okafor", first: "Okafor" });
  await expect(page.locator(".surprised")).toHaveCount(0);
  await page.getByRole("button", { name: "BUMP Okafor" }).click();
  await expect(page.getByRole("heading", { name: "Okafor" })).toHaveCount(0);
});

test("two fingers at once do two things", async ({ open }) => {
  const page = await open("scene=friday", GLASSES[0], true);
  const points = await Promise.all(
    ["BUMP Okafor", "BUMP Drive-thru 3"].map(async (name) => {
      const box = (await page.getByRole("button", { name }).boundingBox())!;
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    }),
  );
  const session = await page.context().newCDPSession(page);
  await session.send("Input.dispatchTouchEvent", {
    type: "touchStart",
    touchPoints: points.map((point, id) => ({ ...point, id })),
  });
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await expect(page.getByRole("heading", { name: "Okafor" })).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "Drive-thru 3" })).toHaveCount(0);
  expect(await page.evaluate(() => window.fake.presses.length)).toBe(2);
});

test("a refused touch is told in words and changes nothing", async ({ open }) => {
  const page = await open("scene=friday");
  await page.evaluate(() => void (window.fake.failPress = { code: "disk_full", params: {}, retry: true }));
  await page.getByRole("button", { name: "BUMP Okafor" }).click();
  await expect(page.getByRole("alert")).toContainText("The disk is full");
  await expect(page.getByRole("heading", { name: "Okafor" })).toBeVisible();
  await expect(page.locator(".down")).toHaveCount(0);
  await page.getByRole("button", { name: "OK", exact: true }).click();
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("a mark of a change stays until touched; a voided line is acknowledged", async ({ open }) => {
  const page = await open("scene=odd");
  await page.getByRole("button", { name: /Satay/ }).click();
  await expect(page.getByRole("button", { name: /Satay/ })).toHaveCount(0);
  await expect(page.getByText("Satay")).toBeVisible();
  expect(await page.evaluate(() => window.fake.presses)).toMatchObject([
    { press: "acknowledge", lines: [{ upto: 1 }] },
  ]);
});

test("the first touch of a marked line says that it was seen, the next one that it is done", async ({ open }) => {
  const page = await open("scene=friday", GLASSES[0], true);
  const line = page.getByRole("button", { name: /Veg skewer/ });
  await line.tap();
  await expect(line).not.toHaveClass(/changed/);
  await expect(line).toHaveAttribute("aria-pressed", "false");
  await page.waitForTimeout(300);
  await line.tap();
  await expect(line).toHaveAttribute("aria-pressed", "true");
  const presses = await page.evaluate(() => window.fake.presses.map(({ press }) => press));
  expect(presses).toEqual(["acknowledge", "finish"]);
});

test("a new order flashes until somebody touches the glass", async ({ open }) => {
  const page = await open("scene=friday");
  await expect(page.locator(".ticket.fresh")).toHaveCount(1);
  await page.mouse.click(2, 2);
  await expect(page.locator(".ticket.fresh")).toHaveCount(0);
  await expect(page.getByText("NEW").first()).toBeVisible();
});

test("a chip leads to its order, pages turn, tabs and stations change", async ({ open }) => {
  const page = await open("scene=friday");
  await page.getByRole("button", { name: /NEW Table 22/ }).click();
  await expect(page.getByRole("heading", { name: "Table 22" })).toBeVisible();
  await page.getByRole("button", { name: "Previous page" }).click();
  await expect(page.getByRole("heading", { name: "Table 12" })).toBeVisible();
  await page.getByRole("button", { name: /Scheduled/ }).click();
  await expect(page.getByText("4 min", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: /^Station Grill/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Fry" }).click();
  await expect(page.getByRole("button", { name: /^Station Fry/ })).toBeVisible();
  expect(await page.evaluate(() => window.fake.goes.map(({ go }) => go))).toEqual([
    "order",
    "page",
    "tab",
    "station",
  ]);
});

test("recall brings a ticket back from the list by touch", async ({ open }) => {
  const page = await open("scene=friday", GLASSES[2], true);
  await page.getByRole("button", { name: "BUMP Table 12" }).tap();
  await page.getByRole("button", { name: "Recall", exact: true }).tap();
  await page.getByRole("button", { name: "Recall Table 12" }).tap();
  await expect(page.getByRole("button", { name: "Recall Table 12" })).toHaveCount(0);
  await page.getByRole("button", { name: /^Station \d/ }).tap();
  await expect(page.getByRole("heading", { name: "Table 12" })).toBeVisible();
});

test("settings: text size changes the grid, volume has steps and plays", async ({ open }) => {
  const page = await open("scene=friday");
  const before = await page.evaluate(() => window.fake.grid!.line_px);
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Large" }).click();
  await page.getByRole("button", { name: "Sounds" }).click();
  await page.getByRole("button", { name: "Late: louder" }).click();
  await page.getByRole("button", { name: "Late: play it" }).click();
  await expect(page.getByText("70 %")).toHaveCount(1);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect.poll(() => page.evaluate(() => window.fake.grid!.line_px)).toBeGreaterThan(before);
  expect(await page.evaluate(() => window.fake.goes)).toEqual([
    { go: "text", text: "large" },
    { go: "volume", sound: "late", volume: 70 },
    { go: "volume", sound: "late", volume: 70 },
  ]);
});

test("the keyboard works the whole board", async ({ open }) => {
  const page = await open("scene=friday");
  const selected = page.locator(".ticket.selected .label");
  await page.keyboard.press("2");
  await expect(selected).toHaveText("Okafor");
  await page.keyboard.press("ArrowDown");
  await expect(selected).toHaveText("Table 3");
  await page.keyboard.press("ArrowRight");
  await expect(selected).toHaveText("Delivery 8813");
  await page.keyboard.press("ArrowUp");
  await expect(selected).toHaveText("Table 7");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Table 7" })).toHaveCount(0);
  await page.keyboard.press("r");
  await expect(page.getByRole("heading", { name: "Table 7" })).toBeVisible();
  await page.keyboard.press("PageDown");
  await expect(page.getByRole("heading", { name: "Table 12" })).toHaveCount(0);
  await page.keyboard.press("PageUp");
  await expect(page.getByRole("heading", { name: "Table 12" })).toBeVisible();
  for (const [key, name] of [
    ["F2", "Expo"],
    ["F3", "All day"],
    ["F4", "Scheduled"],
    ["F5", "Recall"],
    ["Escape", "Station"],
  ] as const) {
    await page.keyboard.press(key);
    await expect(page.locator('.tab[aria-current="page"]')).toContainText(name);
  }
});

test("ages count on by themselves, and the link's state is always there", async ({ open }) => {
  const page = await open("scene=friday");
  const age = page.locator(".grid:not(.probe) .age").first();
  const before = await age.textContent();
  await expect(age).not.toHaveText(before!);
  await page.evaluate(() =>
    window.fake.change((kitchen) => {
      kitchen.connection = { state: "offline", since: kitchen.now(), hub: "", unsent: 2, attempts: 1 };
    }),
  );
  await expect(page.locator(".bar.top .link")).toContainText("Offline");
  await expect(page.locator(".bar.top .link")).toContainText("2 not sent");
  await page.getByRole("button", { name: "Try now" }).click();
  expect(await page.evaluate(() => window.fake.retries)).toBe(1);
  // The board works on.
  await page.getByRole("button", { name: "BUMP Okafor" }).click();
  await expect(page.getByRole("heading", { name: "Okafor" })).toHaveCount(0);
});

test("the connection panel says in words what is, since when, and what waits; touch and key try again", async ({
  open,
}) => {
  const page = await open("scene=friday&link=offline", GLASSES[2], true);
  await page.getByRole("button", { name: /^Connection Offline/ }).tap();
  const panel = page.getByRole("dialog");
  for (const words of [
    "10.0.0.5:7410",
    "as they were at 18:40",
    "118 times",
    "3, the oldest 1:0",
    "New orders cannot come",
  ]) {
    await expect(panel).toContainText(words);
  }
  await panel.getByRole("button", { name: "Try now" }).tap();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await expect(panel).toHaveCount(0);
  await page.keyboard.press("t");
  expect(await page.evaluate(() => window.fake.retries)).toBe(3);
  // What is behind the panel is worked all the same.
  await page.getByRole("button", { name: "BUMP Table 12" }).tap();
  await expect(page.getByRole("heading", { name: "Table 12" })).toHaveCount(0);
  await page.keyboard.press("F6");
  await expect(panel).toBeVisible();
});

test("an order system that is away is seen on the mark and explained in the panel; when it is back nothing is left", async ({
  open,
}) => {
  const page = await open("scene=friday&link=away");
  // The panel says the same words while it closes.
  const mark = page.locator(".bar.top button .link");
  await expect(mark).toHaveText("Order system away18:36");
  await expect(mark).toHaveClass(/trouble/);
  await page.keyboard.press("F6");
  const panel = page.getByRole("dialog");
  for (const words of ["2 ms", "away since 18:36", "4, the oldest 4:1", "2 open in the order system are older"]) {
    await expect(panel).toContainText(words);
  }
  await page.evaluate(() =>
    window.fake.change((kitchen) => {
      const upstream = { state: "live" as const, since: kitchen.now(), unreported: 0, faults: [] };
      kitchen.connection = { ...kitchen.connection, upstream };
    }),
  );
  await expect(panel).toContainText("connected since 18:42");
  await expect(panel.getByRole("button", { name: "Try now" })).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(mark).toHaveText("Live");
});

test("what a back end cannot do stands on the ticket in words", async ({ open }) => {
  const page = await open("scene=friday");
  await page.evaluate(() =>
    window.fake.change((kitchen) => {
      const problem = { code: "upstream_cannot_recall", params: { order: "0041", status: "ready" }, retry: false };
      kitchen.tickets = kitchen.tickets.map((held, n) => (n === 1 ? { ...held, problem } : held));
    }),
  );
  const ticket = page.getByRole("article", { name: "Okafor" });
  await expect(ticket.getByRole("alert")).toContainText(
    "already says “ready” and cannot go back. Tell the front.",
  );
});

test("a mount that fails says why, and is tried again by itself", async ({ open }) => {
  const page = await open("failing");
  // It stays to be read, and its button to be touched, while the page tries again by itself.
  const leaves = await page.evaluateHandle(() => {
    const told = { asked: window.fake.mounts, left: false };
    const look = () => void (told.left ||= document.querySelector(".screen.failed") === null);
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
    return told;
  });
  await expect
    .poll(() => leaves.evaluate(({ asked, left }) => left || window.fake.mounts >= asked + 2))
    .toBe(true);
  expect(await leaves.evaluate(({ left }) => left)).toBe(false);
  await expect(page.getByRole("alert")).toContainText("disk full");
  await page.evaluate(() => void (window.fake.failMount = undefined));
  await expect(page.getByRole("heading", { name: "Table 12" })).toBeVisible();
});
