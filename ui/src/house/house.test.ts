import { expect, it } from "vitest";
import { HOUSE } from "../../test/fake/house";
import { typed } from "../shell/Letters";
import { freeId, without } from "./HouseSheet";

it("a new station's id is made of its name, and is its own", () => {
  const named = (name: string) => freeId(HOUSE, name);
  expect(named("Sweets & Bar")).toBe("sweets-bar");
  expect(named("Grill")).toBe("grill-2");
  expect(named("Expo")).toBe("expo-2");
  expect(named("Kühl")).toBe("kühl");
  expect(named("!!")).toBe("station");
});

it("who removes a station leaves nothing that points to it", () => {
  const [grill, fry, cold] = HOUSE.stations;
  const house = {
    ...HOUSE,
    stations: [{ ...grill!, hands_on_to: "cold" }, { ...fry!, role: "expo" as const, covers: ["cold"] }, cold!],
  };
  const { stations } = without(house, "cold");
  expect(stations.map(({ id }) => id)).toEqual(["grill", "fry"]);
  expect(stations[0]).not.toHaveProperty("hands_on_to");
  expect(stations[1]).toMatchObject({ role: "prep", covers: [] });
  expect(house.stations[0]).toHaveProperty("hands_on_to", "cold");
});

it("words that are written on the glass begin with a capital", () => {
  const write = (keys: string) => [...keys].reduce(typed, "");
  expect(write("PIZZA OVEN 2")).toBe("Pizza Oven 2");
  expect(typed("BBQ", "S")).toBe("BBQs");
});
