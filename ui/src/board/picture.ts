/**
 * The picture that the frames paint: one store, changed by frames alone, and the presses that wait for their word.
 *
 * All of the program's store calls are in this file. A frame is applied in one batch; a card is reconciled by the ids
 * of its lines, so that only what changed on it touches the document.
 */

import { batch } from "solid-js";
import { createStore, reconcile } from "solid-js/store";
import type { AllDayCount } from "../generated/AllDayCount";
import type { Card } from "../generated/Card";
import type { Closing } from "../generated/Closing";
import type { CardLine } from "../generated/CardLine";
import type { Connection } from "../generated/Connection";
import type { Frame } from "../generated/Frame";
import type { Head } from "../generated/Head";
import type { HouseEdit } from "../generated/HouseEdit";
import type { IngredientCount } from "../generated/IngredientCount";
import type { NewChip } from "../generated/NewChip";
import type { Notice } from "../generated/Notice";
import type { Place } from "../generated/Place";
import type { Review } from "../generated/Review";
import type { Row } from "../generated/Row";
import type { Talk } from "../generated/Talk";
import type { Toast } from "../generated/Toast";

/** What is on the glass. */
export interface Picture {
  head: Head | undefined;
  connection: Connection | undefined;
  /** By card id. */
  cards: Record<string, Card>;
  places: Place[];
  counts: AllDayCount[];
  ingredients: IngredientCount[];
  rows: Row[];
  chips: NewChip[];
  toasts: Toast[];
  notices: Notice[];
  /** The order that is looked at from a list. */
  review: Review;
  /** How talking stands; absent = this screen cannot be talked to at all. */
  talk: Talk | undefined;
  /** What is open, while somebody asks at the end of service. */
  closing: Closing;
  /** Stations and rules, while somebody edits them. */
  house: HouseEdit;
  /** Keys of what is pressed and not answered yet. */
  pressed: Record<string, true>;
}

/** A change of a line, as somebody notices it: another one of the same line is news again. */
export function changeKey(card: Card, line: CardLine): string {
  return `${card.order}/${line.id}/${line.change?.kind}/${line.change?.was}/${line.quantity}`;
}

/** The picture and the two hands that may change it. */
export interface Canvas {
  picture: Picture;
  /** Paints a frame. Takes the frame's objects over. */
  apply(frame: Frame): void;
  /** Shows `key` as pressed, or no longer. */
  hold(key: string): void;
  release(key: string): void;
}

const NOTHING_ASKED: Closing = { asked: false, tickets: [] };

const NOTHING_EDITED: HouseEdit = {
  categories: [],
  items: [],
  unrouted: [],
  changes: [],
  rerouted: 0,
  overtaken: false,
};

export function createCanvas(): Canvas {
  const [picture, set] = createStore<Picture>({
    head: undefined,
    connection: undefined,
    cards: {},
    places: [],
    counts: [],
    ingredients: [],
    rows: [],
    chips: [],
    toasts: [],
    notices: [],
    review: {},
    talk: undefined,
    closing: NOTHING_ASKED,
    house: NOTHING_EDITED,
    pressed: {},
  });

  function apply(frame: Frame): void {
    const whole = frame.base === undefined;
    batch(() => {
      if (whole) {
        set("cards", reconcile(Object.fromEntries(frame.cards.map((card) => [card.id, card]))));
      } else {
        for (const id of frame.gone) set("cards", id, undefined as never);
        for (const card of frame.cards) set("cards", card.id, reconcile(card));
      }
      if (frame.head || whole) set("head", reconcile(frame.head));
      if (frame.connection || whole) set("connection", reconcile(frame.connection));
      if (frame.review || whole) set("review", reconcile(frame.review ?? {}));
      if (frame.talk || whole) set("talk", reconcile(frame.talk));
      if (frame.closing || whole) set("closing", reconcile(frame.closing ?? NOTHING_ASKED));
      if (frame.house || whole) set("house", reconcile(frame.house ?? NOTHING_EDITED));
      section("places", "card", frame.places, whole);
      section("counts", "item", frame.counts, whole);
      section("ingredients", "name", frame.ingredients, whole);
      section("rows", "order", frame.rows, whole);
      section("chips", "order", frame.chips, whole);
      section("toasts", "operation", frame.toasts, whole);
      section("notices", "id", frame.notices, whole);
    });
  }

  /** An absent section did not change, except in a whole frame, where it is empty. */
  function section<K extends "places" | "counts" | "ingredients" | "rows" | "chips" | "toasts" | "notices">(
    name: K,
    key: string,
    value: Frame[K],
    whole: boolean,
  ): void {
    if (value === undefined && !whole) return;
    set(name, reconcile((value ?? []) as never, { key }));
  }

  return {
    picture,
    apply,
    hold: (key) => set("pressed", key, true),
    release: (key) => set("pressed", key, undefined as never),
  };
}
