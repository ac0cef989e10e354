/** What is parked, and what was bumped, the latest first: to be found, looked at, and brought back. */

import { createEffect, createSignal, For, type JSX, Show, untrack } from "solid-js";
import type { Row } from "../generated/Row";
import { age, wallClock } from "../i18n/format";
import { Cross } from "../shell/Icons";
import { useKitchen } from "../shell/kitchen";
import { DIGITS, Letters } from "../shell/Letters";
import { EmptyList } from "../shell/screens";
import { Sheet } from "../shell/Sheet";
import { Line } from "./Line";
import { RowAbout } from "./Row";

export function Recall(): JSX.Element {
  const { picture, text, touch, go, now, wall } = useKitchen();
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
                  <BringBack row={row} />
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

function BringBack(props: { row: Row; then?: () => void }): JSX.Element {
  const { picture, text, touch, press } = useKitchen();
  const key = () => `recall/${props.row.bump ?? props.row.order}`;
  return (
    <Show when={props.row.bump ?? props.row.parked} fallback={<span class="cannot">{text.cannotRecall}</span>}>
      <button
        type="button"
        class="button recall"
        classList={{ down: picture.pressed[key()] }}
        aria-label={text.recallOf(text.label(props.row.label, props.row.order_type))}
        ref={touch.click(() => {
          const { order, bump, seen, parked } = props.row;
          const held = key();
          if (!parked && bump === undefined) return undefined;
          return {
            bounces: true,
            run: () => {
              if (parked) press(held, { press: "unpark", order, seen });
              else if (bump !== undefined) press(held, { press: "recall", order, operation: bump });
              props.then?.();
            },
          };
        })}
      >
        {text.recall}
      </button>
    </Show>
  );
}

/** By keyboard any words; by finger the digits of a table or a number, and letters where they are asked for. */
function Search(): JSX.Element {
  const { picture, text, touch, go } = useKitchen();
  const answered = () => picture.head?.search ?? "";
  // Who types fast is ahead of the answers.
  const [asked, setAsked] = createSignal<string>();
  createEffect(() => answered() === untrack(asked) && setAsked(undefined));
  const search = () => asked() ?? answered();
  const look = (words: string) => {
    setAsked(words);
    go({ go: "search", text: words });
  };
  const [lettered, setLettered] = createSignal(false);
  const type = (letter: string) => touch.click(() => ({ run: () => look(search() + letter) }));
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
          <button type="button" class="button square" ref={type(digit)}>
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
      <button
        type="button"
        class="button"
        aria-pressed={lettered()}
        aria-label={text.letters}
        ref={touch.click(() => ({ run: () => setLettered((shown) => !shown) }))}
      >
        {text.lettersShort}
      </button>
      <Show when={lettered()}>
        <Letters text={search()} change={(words) => look(words.toLowerCase())} />
      </Show>
    </div>
  );
}

/** The whole order, to be looked at, with when it was bumped and the way back. */
function Reviewed(): JSX.Element {
  const { picture, text, go, now, wall } = useKitchen();
  const stationName = () => picture.head?.station.name || text.expo;
  const rowOf = (order: string) => picture.rows.find((row) => row.order === order);
  return (
    <Show when={picture.review.card}>
      {(card) => (
        <Sheet title={text.label(card().label, card().order_type)} close={() => go({ go: "review" })}>
          <p class="quiet">
            {text.orderTypes[card().order_type]} · {text.number(card().number)} · {age(now(), card().since)}
            <Show when={rowOf(card().order)}>
              {(row) => <> · {text.bumpedBy(wallClock(row().at, wall()), row().station ?? stationName())}</>}
            </Show>
          </p>
          <ul class="reviewed" data-scroll>
            <For each={card().lines}>{(line) => <Line card={card()} line={line} untouchable />}</For>
          </ul>
          <Show when={rowOf(card().order)}>
            {(row) => (
              <div class="choices inline back">
                <BringBack row={row()} then={() => go({ go: "review" })} />
              </div>
            )}
          </Show>
        </Sheet>
      )}
    </Show>
  );
}
