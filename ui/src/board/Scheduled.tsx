/** Orders whose time has not come, the next one first, by the quarter of an hour in which they fire. */

import { createMemo, For, type JSX, Show } from "solid-js";
import type { Row } from "../generated/Row";
import { minutesUntil, wallClock } from "../i18n/format";
import { Clock } from "../shell/Icons";
import { useKitchen } from "../shell/kitchen";
import { EmptyScreen } from "../shell/screens";
import { RowAbout } from "./Row";

export function Scheduled(): JSX.Element {
  const { picture, text, wall } = useKitchen();
  const groups = createMemo(() => [...new Set(picture.rows.map(groupOf))]);
  const rowsOf = (group: number) => picture.rows.filter((row) => groupOf(row) === group);
  const clock = (at: number) => wallClock(at, wall());
  return (
    <Show
      when={picture.rows.length > 0}
      fallback={<EmptyScreen title={text.emptyScheduled} hint={text.emptyHint} />}
    >
      <main class="list" data-scroll tabindex="0" aria-label={text.tabs.scheduled}>
        <For each={groups()}>
          {(from) => (
            <>
              <h2 class="list-title" classList={{ soon: from === SOON }}>
                <Show when={from === SOON} fallback={text.firesBetween(clock(from), clock(from + QUARTER_MS))}>
                  <Clock /> {text.firesSoon}
                </Show>{" "}
                · {text.ordersOf(rowsOf(from).length)}
              </h2>
              <Rows of={rowsOf(from)} />
            </>
          )}
        </For>
      </main>
    </Show>
  );
}

const QUARTER_MS = 15 * 60_000;
/** The group of those that fire within minutes. */
const SOON = 0;

/** The quarter of an hour in which a row fires. */
export function groupOf(row: Pick<Row, "soon" | "at">): number {
  return row.soon === true ? SOON : Math.floor(row.at / QUARTER_MS) * QUARTER_MS;
}

function Rows(props: { of: readonly Row[] }): JSX.Element {
  const { picture, text, touch, press, now, wall } = useKitchen();
  return (
    <ul class="rows">
      <For each={props.of}>
        {(row) => (
          <li class="row" classList={{ soon: row.soon === true }}>
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
  );
}
