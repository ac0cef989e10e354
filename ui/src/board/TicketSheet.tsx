/** What can be done with a ticket besides cooking and bumping it. It means the ticket as it stood when it was touched. */

import { createSignal, For, type JSX, Show } from "solid-js";
import type { Card } from "../generated/Card";
import type { LineId } from "../generated/LineId";
import type { Press } from "../generated/Press";
import { minutesUntil } from "../i18n/format";
import { useKitchen } from "../shell/kitchen";
import { Sheet } from "../shell/Sheet";
import { type Choice, choicesOf } from "./choices";

export function TicketSheet(props: { card: Card; label: string; close: () => void }): JSX.Element {
  const { picture, text, press, now } = useKitchen();
  const { order, seen } = props.card;
  const { deeds, holds } = choicesOf(props.card);
  const open = props.card.lines
    .filter((line) => line.place.kind === "own" && line.waits === undefined)
    .filter((line) => line.state === "queued" || line.state === "started")
    .map(({ id, name, quantity }) => ({ id, name, quantity }));
  const early = props.card.lines.some((line) => line.start?.kind === "later");
  /** What goes to another station; nothing chosen means all of it. */
  const [chosen, setChosen] = createSignal<readonly LineId[]>([]);
  const choose = (id: LineId) =>
    setChosen((ids) => (ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id]));
  const sent = () => {
    const all = open.map(({ id }) => id);
    return chosen().length > 0 ? all.filter((id) => chosen().includes(id)) : all;
  };
  const others = () =>
    picture.head?.tab === "station" && picture.head.station.name
      ? picture.head.stations.filter((station) => station.name && station.id !== picture.head?.station.id)
      : [];
  const act = (what: Press) => {
    press(`${order}/${what.press}`, what);
    props.close();
  };
  const button = (choice: Choice, at: () => number, wide?: "wide") => (
    <Numbered at={at()} class={wide} press={() => act(choice.press)}>
      {choice.says(text)}
    </Numbered>
  );
  return (
    <Sheet title={props.label} close={props.close}>
      <div class="choices" data-scroll>
        <For each={deeds}>{(choice, at) => button(choice, at, "wide")}</For>
      </div>
      <Show when={early}>
        <div class="setting" role="group" aria-label={text.cookTimes}>
          <h3>{text.cookTimes}</h3>
          <For each={props.card.lines}>
            {(line) => (
              <Show when={line.start?.kind === "later" && line.start}>
                {(start) => <p>{text.startInFully(line.name, minutesUntil(now(), start().at), start().with)}</p>}
              </Show>
            )}
          </For>
        </div>
      </Show>
      <Show when={holds.length > 0}>
        <div class="setting" role="group" aria-label={text.holdIt}>
          <h3>{text.holdIt}</h3>
          <div class="choices inline">
            <For each={holds}>{(choice, at) => button(choice, () => deeds.length + at())}</For>
          </div>
        </div>
      </Show>
      <Show when={open.length > 0 && others().length > 0}>
        <div class="setting" role="group" aria-label={text.sendTo}>
          <h3>{text.sendTo}</h3>
          <Show when={open.length > 1}>
            <div class="choices inline sent" role="group" aria-label={text.sendOnly}>
              <For each={open}>
                {(line) => (
                  <button
                    type="button"
                    class="button"
                    aria-pressed={chosen().includes(line.id)}
                    onClick={() => choose(line.id)}
                  >
                    {line.quantity} {line.name}
                  </button>
                )}
              </For>
            </div>
            <h3>{chosen().length > 0 ? text.sendsOnly(chosen().length) : text.sendsAll}</h3>
          </Show>
          <div class="choices inline">
            <For each={others()}>
              {(station, at) => (
                <Numbered
                  at={deeds.length + holds.length + at()}
                  press={() => act({ press: "transfer", order, seen, to: station.id, lines: sent() })}
                >
                  {station.name}
                </Numbered>
              )}
            </For>
          </div>
        </div>
      </Show>
    </Sheet>
  );
}

/** A choice that the digit beside it presses as well: the first ten, and the tenth is 0. */
function Numbered(props: {
  at: number;
  class?: string | undefined;
  press: () => void;
  children: JSX.Element;
}): JSX.Element {
  const digit = () => (props.at < 10 ? String((props.at + 1) % 10) : undefined);
  return (
    <button
      type="button"
      class={`button ${props.class ?? ""}`}
      aria-keyshortcuts={digit()}
      onClick={() => props.press()}
    >
      <Show when={digit()}>{(shown) => <kbd aria-hidden="true">{shown()}</kbd>}</Show>
      {props.children}
    </button>
  );
}
