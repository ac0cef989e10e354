/** What was bumped, the latest first, to be brought back. */

import { For, type JSX, Show } from "solid-js";
import { age, wallClock } from "../i18n/format";
import { useKitchen } from "../shell/kitchen";
import { EmptyScreen } from "../shell/screens";
import { RowAbout } from "./Row";

export function Recall(): JSX.Element {
  const { picture, text, touch, press, now, wall } = useKitchen();
  return (
    <Show when={picture.rows.length > 0} fallback={<EmptyScreen title={text.emptyRecall} />}>
      <main class="list" data-scroll tabindex="0" aria-label={text.tabs.recall}>
        <ul class="rows">
          <For each={picture.rows}>
            {(row) => {
              const key = `recall/${row.order}`;
              return (
                <li class="row">
                  <span class="when">
                    <b>{age(now(), row.since)}</b>
                    <span>{text.bumpedAt(wallClock(row.at, wall()))}</span>
                  </span>
                  <RowAbout row={row} />
                  <Show when={row.bump} fallback={<span class="cannot">{text.cannotRecall}</span>}>
                    <button
                      type="button"
                      class="button recall"
                      classList={{ down: picture.pressed[key] }}
                      aria-label={text.recallOf(text.label(row.label, row.order_type))}
                      ref={touch.click(() => {
                        const { order, bump } = row;
                        return bump === undefined
                          ? undefined
                          : { bounces: true, run: () => press(key, { press: "unbump", order, operation: bump }) };
                      })}
                    >
                      {text.recall}
                    </button>
                  </Show>
                </li>
              );
            }}
          </For>
        </ul>
      </main>
    </Show>
  );
}
