/**
 * Everything that is still to make, counted over all open tickets of the view, or over the whole kitchen. A touch on an
 * item marks its lines on the tickets; beside it is how many of it are left.
 */

import { createMemo, createSignal, For, type JSX, Show } from "solid-js";
import type { AllDayCount } from "../generated/AllDayCount";
import type { CountVariant } from "../generated/CountVariant";
import { useKitchen } from "../shell/kitchen";
import { EmptyList } from "../shell/screens";
import { Modifiers } from "./Modifiers";
import { StockSheet } from "./StockSheet";
import { standing, type Tile } from "./standing";

export function AllDay(): JSX.Element {
  const { picture, text, touch, go } = useKitchen();
  const tiles = createMemo<{ over: string; tiles: Tile[] }>((held) => {
    const over = `${picture.head?.station.id} ${picture.head?.counts_of}`;
    return { over, tiles: standing(held?.over === over ? held.tiles : [], picture.counts) };
  });
  const [stocked, setStocked] = createSignal<AllDayCount>();
  const whole = () => picture.head?.counts_of === "kitchen";
  return (
    <main class="list" data-scroll tabindex="0" aria-label={text.tabs.all_day}>
      <div class="list-head" role="group" aria-label={text.countsOf}>
        <For each={["station", "kitchen"] as const}>
          {(of) => (
            <button
              type="button"
              class="button"
              aria-pressed={whole() === (of === "kitchen")}
              ref={touch.click(() => ({ run: () => go({ go: "counts", of }) }))}
            >
              {of === "kitchen" ? text.wholeKitchen : picture.head?.station.name || text.expo}
            </button>
          )}
        </For>
      </div>
      <Show
        when={picture.counts.length > 0}
        fallback={<EmptyList title={text.emptyAllDay} hint={text.emptyHint} />}
      >
        <ul class="all-day">
          <For each={tiles().tiles}>
            {(tile) => (
              <Show when={tile.count} fallback={<Nothing name={tile.name} />}>
                {(count) => <Count count={count()} stock={setStocked} />}
              </Show>
            )}
          </For>
        </ul>
      </Show>
      <Show when={picture.ingredients.length > 0}>
        <h2 class="list-title">{text.ingredients}</h2>
        <ul class="ingredients">
          <For each={picture.ingredients}>
            {(ingredient) => (
              <li>
                <b>{text.amount(ingredient.amount, ingredient.unit)}</b> {ingredient.name}
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={stocked()}>{(count) => <StockSheet count={count()} close={() => setStocked(undefined)} />}</Show>
    </main>
  );
}

function Count(props: { count: AllDayCount; stock: (count: AllDayCount) => void }): JSX.Element {
  const { picture, text, touch, go } = useKitchen();
  return (
    <li classList={{ marked: picture.head?.marked === props.count.item }}>
      <button
        type="button"
        class="count"
        aria-pressed={picture.head?.marked === props.count.item}
        ref={touch.click(() => {
          const item = picture.head?.marked === props.count.item ? undefined : props.count.item;
          return { run: () => go({ go: "mark", ...(item === undefined ? {} : { item }) }) };
        })}
      >
        <b>{props.count.open}</b>
        <span class="item">
          <Name of={props.count.name} />
          <For each={props.count.variants}>{(variant) => <Variant variant={variant} />}</For>
        </span>
        <span class="how">
          <Show when={props.count.started > 0}>
            <span class="begun">{text.started(props.count.started)}</span>
          </Show>
          <Show when={props.count.later}>{(later) => <span class="later">{text.later(later())}</span>}</Show>
        </span>
      </button>
      <button
        type="button"
        class="button stock"
        classList={{ out: props.count.left === 0 }}
        aria-label={text.stockOf(props.count.name)}
        ref={touch.click(() => ({ run: () => props.stock({ ...props.count }) }))}
      >
        {props.count.left === undefined
          ? text.eightySix
          : props.count.left === 0
            ? text.out
            : text.left(props.count.left)}
      </button>
    </li>
  );
}

/** A long word becomes smaller rather than break before its last letter. */
function Name(props: { of: string }): JSX.Element {
  const longest = () => Math.max(1, ...props.of.split(/\s+/).map((word) => word.length));
  return (
    <span class="name" style={{ "--word": longest() }}>
      {props.of}
    </span>
  );
}

/** Pieces that are wanted alike; an allergy is a badge here too. */
function Variant(props: { variant: CountVariant }): JSX.Element {
  const { text } = useKitchen();
  return (
    <span class="variant">
      <b>{props.variant.open}</b>
      <span class="ways">
        <Show when={props.variant.modifiers.length > 0} fallback={text.asOnTheMenu}>
          <Modifiers of={props.variant.modifiers} />
        </Show>
      </span>
    </span>
  );
}

/** An item of which there was something to make when the list was opened. Its place is kept. */
function Nothing(props: { name: string }): JSX.Element {
  return (
    <li class="nothing">
      <span class="count">
        <b>0</b>
        <span class="item">
          <Name of={props.name} />
        </span>
      </span>
    </li>
  );
}
