import { expect, it } from "vitest";
import { beyond } from "./focus";

const box = (left: number, top: number, width = 10) => ({ left, top, right: left + width, bottom: top + 10 });
/** Two rows of two, a wide one, and Close at the upper right. */
const BOXES = [box(40, 0), box(0, 20), box(20, 22), box(0, 40), box(20, 40), box(0, 60, 50)];

it("left and right go in reading order and round its ends", () => {
  const boxes = BOXES.keys();
  expect([...boxes].map((from) => beyond(BOXES, from, "ArrowRight"))).toEqual([1, 2, 3, 4, 5, 0]);
  expect(beyond(BOXES, 0, "ArrowLeft")).toBe(5);
});

it("up and down go to the nearest of the next row, and stay at the ends", () => {
  const to = (key: "ArrowUp" | "ArrowDown") => [...BOXES.keys()].map((from) => beyond(BOXES, from, key));
  expect(to("ArrowDown")).toEqual([2, 3, 4, 5, 5, 5]);
  expect(to("ArrowUp")).toEqual([0, 0, 0, 1, 2, 4]);
});
