import { expect, it } from "vitest";
import type { AllDayCount } from "../generated/AllDayCount";
import { standing } from "./standing";

const count = (item: string, open: number): AllDayCount => ({ item, name: item.toUpperCase(), open, started: 0 });

it("tiles stay where they were: new ones come last, and what is done keeps its place", () => {
  const shown = (tiles: ReturnType<typeof standing>) =>
    tiles.map((tile) => `${tile.name} ${tile.count?.open ?? "-"}`);
  const opened = standing([], [count("burger", 5), count("wings", 4), count("soup", 1)]);
  expect(shown(opened)).toEqual(["BURGER 5", "WINGS 4", "SOUP 1"]);
  const later = standing(opened, [count("wings", 6), count("tart", 2), count("soup", 1)]);
  expect(shown(later)).toEqual(["BURGER -", "WINGS 6", "SOUP 1", "TART 2"]);
  expect(shown(standing(later, [count("burger", 1), count("wings", 1)]))).toEqual([
    "BURGER 1",
    "WINGS 1",
    "SOUP -",
    "TART -",
  ]);
});

it("a tile that did not change is the same one, so that it is not drawn anew under a finger", () => {
  const [burger, wings] = [count("burger", 5), count("wings", 4)];
  const opened = standing([], [burger, wings]);
  expect(standing(opened, [wings, burger])[0]).toBe(opened[0]);
});
