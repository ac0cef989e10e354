/** What an edit would change, before it does. */

import { For, type JSX, Show } from "solid-js";
import { useKitchen } from "../shell/kitchen";

export function Changes(): JSX.Element {
  const { picture, text } = useKitchen();
  return (
    <>
      <ul class="house-changes">
        <For each={picture.house.changes}>{(change) => <li>{text.house.changed(change)}</li>}</For>
      </ul>
      <p class="sheet-words">{text.house.rerouted(picture.house.rerouted)}</p>
      <Show when={picture.house.unrouted.length > 0}>
        <p class="sheet-words">{text.house.unrouted(picture.house.unrouted.length)}</p>
      </Show>
    </>
  );
}
