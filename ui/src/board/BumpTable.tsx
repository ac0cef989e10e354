/** BUMP ALL, on the last ticket of a table whose tickets stand together. */

import { type JSX, Show } from "solid-js";
import type { Card } from "../generated/Card";
import { useKitchen } from "../shell/kitchen";
import { bumpTable, ticketsOf } from "./table";

export function BumpTable(props: { card: Card }): JSX.Element {
  const { picture, text, touch, press } = useKitchen();
  /** Its place is on the last of them. */
  const isLast = (name: string) => {
    const shown = picture.places.flatMap((place) => picture.cards[place.card] ?? []);
    return shown.findLast((other) => other.table?.name === name)?.id === props.card.id;
  };
  const table = () => {
    const name = props.card.table?.name;
    if (name === undefined || !isLast(name)) return undefined;
    const tickets = ticketsOf(picture, name).length;
    return tickets > 1 ? { name, tickets } : undefined;
  };
  return (
    <Show when={table()}>
      {(all) => {
        const key = () => `table/${all().name}`;
        return (
          <button
            type="button"
            class="foot bump all"
            classList={{ down: picture.pressed[key()] }}
            ref={touch.down(() => {
              const what = bumpTable(picture, all().name);
              const held = key();
              return what && { bounces: true, run: () => press(held, what) };
            })}
          >
            <span class="word">{text.bumpAll(all().tickets)}</span>
          </button>
        );
      }}
    </Show>
  );
}
