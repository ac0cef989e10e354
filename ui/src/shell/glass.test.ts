import { expect, it } from "vitest";
import { planOf } from "./glass";

const glass = (px_per_mm: number | null, text: "small" | "normal" | "large" = "normal") => ({ px_per_mm, text });

it("the grid goes by millimetres", () => {
  for (const [width, height, columns, rows] of [
    [1920, 1080, 4, 2],
    [1366, 768, 3, 2],
    [1024, 768, 3, 2],
    [1080, 1920, 2, 4],
  ] as const) {
    expect(planOf(width, height, undefined), `${width}x${height}`).toMatchObject({ columns, rows });
  }
});

it("a monitor that says its size is believed", () => {
  expect(planOf(1920, 1080, glass(8)).columns).toBe(2);
  expect(planOf(1920, 1080, glass(8)).mm).toBe(8);
});

it("a known resolution has the size of its usual monitor, an unknown one that of CSS", () => {
  expect(planOf(1920, 1080, glass(null)).mm).toBeCloseTo(4.034, 2);
  expect(planOf(1024, 768, glass(null)).mm).toBeCloseTo(3.36, 2);
  expect(planOf(1111, 777, glass(null)).mm).toBeCloseTo(3.78, 2);
  // A window smaller than its screen is measured by the screen.
  expect(planOf(900, 600, glass(null), { width: 1920, height: 1080 }).mm).toBeCloseTo(4.034, 2);
});

it("however small the window, there is one cell", () => {
  expect(planOf(120, 90, undefined)).toMatchObject({ columns: 1, rows: 1 });
});

it("the cook's text size is a setting in millimetres", () => {
  expect(
    (["small", "normal", "large"] as const).map((text) => 9.9 * planOf(1920, 1080, glass(4, text)).text),
  ).toEqual([expect.closeTo(7.9, 1), 9.9, expect.closeTo(12.2, 1)]);
});
