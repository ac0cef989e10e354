/** Everything that is still to make, counted over all open tickets of the view. */

import { For, type JSX, Show } from "solid-js";
import { useKitchen } from "../shell/kitchen";
import { EmptyScreen } from "../shell/screens";

export function AllDay(): JSX.Element {
  const { picture, text } = useKitchen();
  return (
    <Show
      when={picture.counts.length > 0}
      fallback={<EmptyScreen title={text.emptyAllDay} hint={text.emptyHint} />}
    >
      <main class="list" data-scroll tabindex="0" aria-label={text.tabs.all_day}>
        <ul class="all-day">
          <For each={picture.counts}>
            {(count) => (
              <li>
                <b>{count.open}</b>
                <span class="item">{count.name}</span>
                <Show when={count.started > 0}>
                  <span class="begun">{text.started(count.started)}</span>
                </Show>
              </li>
            )}
          </For>
        </ul>
      </main>
    </Show>
  );
}
