/** Stations and rules of the kitchen without a kitchen, and what an edit of them comes to, as far as a page needs it. */

import type { House } from "../../src/generated/House";
import type { HouseChange } from "../../src/generated/HouseChange";
import type { HouseEdit } from "../../src/generated/HouseEdit";
import type { Station } from "../../src/generated/Station";
import { same } from "./frames";

const CATEGORIES = ["Grill", "Fried", "Cold", "Desserts", "Drinks"].map((name) => ({
  id: name.toLowerCase(),
  name,
}));

const ITEMS = [
  ["Ribeye 14 oz", "grill"],
  ["Smash burger", "grill"],
  ["Hand-cut fries", "fried"],
  ["Hot wings", "fried"],
  ["Caesar salad", "cold"],
  ["Crème brûlée", "desserts"],
  ["Sparkling water", "drinks"],
] as const;

function station(id: string, name: string, what: Partial<Station> = {}): Station {
  return {
    id,
    name,
    role: "prep",
    categories: [],
    items: [],
    takes_rest: false,
    order_types: [],
    covers: [],
    queue: "shared",
    ...what,
  };
}

export const HOUSE: House = {
  stations: [
    station("grill", "Grill", { categories: ["grill"] }),
    station("fry", "Fry", { categories: ["fried"] }),
    station("cold", "Cold", { categories: ["cold"], queue: "pull" }),
  ],
  settings: {
    restaurant: "r1",
    name: "Harbour Grill",
    demo: false,
    time_zone: "Europe/Lisbon",
    day_starts_minute: 240,
    close_when: "passed",
    pass_waits: false,
    coordinate: false,
    courses: "by_hand",
    eighty_six: "flag",
    undo_seconds: 5,
    thresholds: [
      { warn_seconds: 600, late_seconds: 900 },
      { order_type: "drive_thru", warn_seconds: 300, late_seconds: 480 },
    ],
  },
};

export const NOTHING_EDITED: HouseEdit = {
  categories: [],
  items: [],
  unrouted: [],
  changes: [],
  rerouted: 0,
  overtaken: false,
};

export function editOf(before: House, draft: House): HouseEdit {
  const cooked = (category: string, name: string) =>
    draft.stations.some(
      (held) => held.takes_rest || held.categories.includes(category) || held.items.includes(name),
    );
  const changes: HouseChange[] = [];
  for (const held of draft.stations) {
    const was = before.stations.find(({ id }) => id === held.id);
    if (!was) changes.push({ change: "added", station: held.name });
    else {
      const fields = (Object.keys(held) as (keyof Station)[]).filter((field) => !same(held[field], was[field]));
      if (fields.length > 0) changes.push({ change: "station", station: held.name, fields });
    }
  }
  for (const was of before.stations) {
    if (!draft.stations.some(({ id }) => id === was.id)) changes.push({ change: "removed", station: was.name });
  }
  for (const field of Object.keys(draft.settings) as (keyof House["settings"])[]) {
    if (!same(draft.settings[field], before.settings[field])) changes.push({ change: "rule", field });
  }
  return {
    draft,
    categories: CATEGORIES,
    items: ITEMS.map(([name]) => ({ id: name, name })),
    unrouted: ITEMS.filter(([name, category]) => !cooked(category, name)).map(([name]) => name),
    changes,
    rerouted: changes.length > 0 ? 2 : 0,
    overtaken: false,
  };
}
