/** Orders whose time has not come, the next one first. */

import { For, type JSX, Show } from "solid-js";
import { minutesUntil, wallClock } from "../i18n/format";
import { useKitchen } from "../shell/kitchen";
import { EmptyScreen } from "../shell/screens";
import { RowAbout } from "./Row";

export function Scheduled(): JSX.Element {
  const { picture, text, touch, press, now, wall } = useKitchen();
  return (
    <Show
      when={picture.rows.length > 0}
      fallback={<EmptyScreen title={text.emptyScheduled} hint={text.emptyHint} />}
    >
      <main class="list" data-scroll tabindex="0" aria-label={text.tabs.scheduled}>
        <ul class="rows">
          <For each={picture.rows}>
            {(row) => (
              <li class="row">
                <span class="when">
                  <b>{text.inMinutes(minutesUntil(now(), row.at))}</b>
                  <span>{text.fires(wallClock(row.at, wall()))}</span>
                </span>
                <RowAbout row={row} />
                <button
                  type="button"
                  class="button recall"
                  classList={{ down: picture.pressed[`fire/${row.order}`] }}
                  aria-label={text.fireNowOf(text.label(row.label, row.order_type))}
                  ref={touch.click(() => {
                    const { order, seen } = row;
                    return { bounces: true, run: () => press(`fire/${order}`, { press: "fire", order, seen }) };
                  })}
                >
                  {text.fireNow}
                </button>
              </li>
            )}
          </For>
        </ul>
      </main>
    </Show>
  );
}
