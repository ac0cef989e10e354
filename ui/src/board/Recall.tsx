/** What is parked, and what was bumped, the latest first: to be found, looked at, and brought back. */

import { For, type JSX, Show } from "solid-js";
import { age, wallClock } from "../i18n/format";
import { Cross } from "../shell/Icons";
import { useKitchen } from "../shell/kitchen";
import { EmptyList } from "../shell/screens";
import { Sheet } from "../shell/Sheet";
import { Line } from "./Line";
import { RowAbout } from "./Row";

const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"] as const;

export function Recall(): JSX.Element {
  const { picture, text, touch, press, go, now, wall } = useKitchen();
  return (
    <main class="list" data-scroll tabindex="0" aria-label={text.tabs.recall}>
      <Search />
      <Show
        when={picture.rows.length > 0}
        fallback={<EmptyList title={picture.head?.search ? text.nothingFound : text.emptyRecall} />}
      >
        <ul class="rows">
          <For each={picture.rows}>
            {(row) => {
              const key = `recall/${row.bump ?? row.order}`;
              const label = () => text.label(row.label, row.order_type);
              return (
                <li class="row" classList={{ parked: row.parked }}>
                  <span class="when">
                    <b>{age(now(), row.since)}</b>
                    <span>{(row.parked ? text.parkedAt : text.bumpedAt)(wallClock(row.at, wall()))}</span>
                    <Show when={row.station}>{(station) => <span>{station()}</span>}</Show>
                  </span>
                  <RowAbout row={row} />
                  <button
                    type="button"
                    class="button look"
                    aria-label={text.reviewOf(label())}
                    ref={touch.click(() => {
                      const { order } = row;
                      return { run: () => go({ go: "review", order }) };
                    })}
                  >
                    {text.review}
                  </button>
                  <Show when={row.bump ?? row.parked} fallback={<span class="cannot">{text.cannotRecall}</span>}>
                    <button
                      type="button"
                      class="button recall"
                      classList={{ down: picture.pressed[key] }}
                      aria-label={text.recallOf(label())}
                      ref={touch.click(() => {
                        const { order, bump, seen, parked } = row;
                        if (parked)
                          return { bounces: true, run: () => press(key, { press: "unpark", order, seen }) };
                        return bump === undefined
                          ? undefined
                          : { bounces: true, run: () => press(key, { press: "recall", order, operation: bump }) };
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
      </Show>
      <Reviewed />
    </main>
  );
}

/** By keyboard any words; by finger the digits of a table or a number. */
function Search(): JSX.Element {
  const { picture, text, touch, go } = useKitchen();
  const search = () => picture.head?.search ?? "";
  const look = (words: string) => go({ go: "search", text: words });
  return (
    <div class="list-head" role="search">
      <input
        type="search"
        class="words"
        aria-label={text.search}
        placeholder={text.searchShort}
        value={search()}
        onInput={(event) => look(event.currentTarget.value)}
      />
      <For each={DIGITS}>
        {(digit) => (
          <button
            type="button"
            class="button square"
            ref={touch.click(() => ({ run: () => look(search() + digit) }))}
          >
            {digit}
          </button>
        )}
      </For>
      <button
        type="button"
        class="button square"
        disabled={!search()}
        aria-label={text.clearSearch}
        ref={touch.click(() => ({ run: () => look("") }))}
      >
        <Cross />
      </button>
    </div>
  );
}

/** The whole order, to be looked at only. */
function Reviewed(): JSX.Element {
  const { picture, text, go, now } = useKitchen();
  return (
    <Show when={picture.review.card}>
      {(card) => (
        <Sheet title={text.label(card().label, card().order_type)} close={() => go({ go: "review" })}>
          <p class="quiet">
            {text.orderTypes[card().order_type]} · {text.number(card().number)} · {age(now(), card().since)}
          </p>
          <ul class="reviewed" data-scroll>
            <For each={card().lines}>{(line) => <Line card={card()} line={line} untouchable />}</For>
          </ul>
        </Sheet>
      )}
    </Show>
  );
}
