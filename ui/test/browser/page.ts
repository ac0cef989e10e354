import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type BrowserContext, expect, type Page, test as base } from "@playwright/test";
import type { FakeKitchen } from "../fake/kitchen";
import type { talkOf } from "../fake/talk";
import type { line, ticket } from "../fake/tickets";

declare global {
  interface Window {
    fake: FakeKitchen;
    tools: { ticket: typeof ticket; line: typeof line; talkOf: typeof talkOf };
    axe: {
      run(
        root: Document,
        options: object,
      ): Promise<{ violations: { id: string; help: string; nodes: { html: string }[] }[] }>;
    };
  }
}

/** The glasses that the board is made for. */
export const GLASSES = [
  { width: 1920, height: 1080, mm: 4.034 },
  { width: 1366, height: 768, mm: 3.955 },
  { width: 1024, height: 768, mm: 3.36 },
  { width: 1080, height: 1920, mm: 4.034 },
] as const;

export type Glass = (typeof GLASSES)[number];

interface Own {
  /** Opens a scene on a glass, and waits until it stands still. */
  open: (query: string, glass?: Glass, touch?: boolean) => Promise<Page>;
}
interface Shared {
  /** One context for each kind of glass: a new one for every test is most of what a test costs. */
  contextOf: (glass: Glass, touch: boolean) => Promise<BrowserContext>;
}

/** Whatever a page throws or complains of fails its test. */
export const test = base.extend<Own, Shared>({
  contextOf: [
    async ({ browser }, use) => {
      const contexts = new Map<string, Promise<BrowserContext>>();
      await use(({ width, height }, hasTouch) => {
        const kind = `${width}x${height} ${hasTouch}`;
        const size = { width, height };
        const held = contexts.get(kind) ?? browser.newContext({ viewport: size, screen: size, hasTouch });
        contexts.set(kind, held);
        return held;
      });
    },
    { scope: "worker" },
  ],
  open: async ({ contextOf }, use) => {
    const pages: Page[] = [];
    const complaints: string[] = [];
    await use(async (query, glass = GLASSES[0], touch = false) => {
      const context = await contextOf(glass, touch);
      const page = await context.newPage();
      pages.push(page);
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
      await page.goto(`/fake.html?${query}`);
      await page.waitForFunction(
        () => window.fake.paintedCursors.length > 0 || document.querySelector(".screen.failed"),
      );
      await page.evaluate(() => document.fonts.ready);
      // An offer of seconds would be gone before a machine that also compiles has come to it.
      await page.evaluate(() => void (window.fake.undoMs = 60_000));
      await settle(page);
      return page;
    });
    for (const page of pages) await page.close();
    expect(complaints).toEqual([]);
  },
});

/** Frames, measuring and fitting have come to rest. */
export async function settle(page: Page): Promise<void> {
  let before = "";
  await expect
    .poll(
      async () => {
        const now = await page.evaluate(
          () =>
            new Promise<string>((resolve) =>
              requestAnimationFrame(() =>
                requestAnimationFrame(() =>
                  resolve(
                    [...document.querySelectorAll(".ticket, .row, .all-day li")]
                      .map((card) => `${card.className}${card.getAttribute("style")}`)
                      .join("|") + JSON.stringify(window.fake.grid),
                  ),
                ),
              ),
            ),
        );
        const still = now === before;
        before = now;
        return still;
      },
      { intervals: [20] },
    )
    .toBe(true);
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds, in short. */
export async function findings(page: Page): Promise<string[]> {
  // Every screen has one; before it is there the page is not yet what is to be judged.
  await page.locator("h1").first().waitFor({ state: "attached" });
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`));
  });
}

/** Everything whose text does not get into its own box, and everything that is not wholly on the glass. */
export function cutOff(): string[] {
  const found: string[] = [];
  const seen = [...document.querySelectorAll<HTMLElement>(".glass *")].filter(
    (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".probe, .heard, svg"),
  );
  for (const element of seen) {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    const name = `${element.tagName}.${element.className} ${element.textContent?.slice(0, 30)}`;
    // Counts that do not fit stand in a second row that is not shown.
    const meant = element.closest(".counts");
    if (!meant && (left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1))
      found.push(`off: ${name}`);
    const hides = getComputedStyle(element).overflow !== "visible";
    const ellipsis = getComputedStyle(element).textOverflow === "ellipsis";
    if (hides && !ellipsis && !meant && element.scrollHeight > element.clientHeight + 2) {
      const scrolls = element.closest(".overfull") !== null;
      if (!scrolls) found.push(`too high: ${name}`);
    }
    if (!meant && element.scrollWidth > element.clientWidth + 2 && element.clientWidth > 0 && !ellipsis) {
      found.push(`too wide: ${name}`);
    }
    // An ellipsis is for what a guest typed, never for what the kitchen must read.
    if (ellipsis && !meant && element.scrollWidth > element.clientWidth + 2 && !element.closest(".known, .name")) {
      found.push(`shortened: ${name}`);
    }
  }
  return found;
}

export { expect };
