/** What can be done with a ticket besides cooking and bumping it. It means the ticket as it stood when it was touched. */

import { createSignal, For, type JSX, Show } from "solid-js";
import type { Card } from "../generated/Card";
import type { LineId } from "../generated/LineId";
import type { Press } from "../generated/Press";
import { minutesUntil } from "../i18n/format";
import { useKitchen } from "../shell/kitchen";
import { Sheet } from "../shell/Sheet";

const HOLD_MINUTES = [5, 10, 20] as const;

export function TicketSheet(props: { card: Card; label: string; close: () => void }): JSX.Element {
  const { picture, text, press, now } = useKitchen();
  const { order, seen, rush, held } = props.card;
  const lines = props.card.bump.map(({ line, upto }) => ({ line, upto }));
  const taken = props.card.taken && { ...props.card.taken };
  // What waits for its time is begun by whoever asks for all of it.
  const early = new Set(props.card.lines.flatMap((line) => (line.start?.kind === "later" ? [line.id] : [])));
  const due = lines.filter(({ line }) => !early.has(line));
  const course = props.card.next_course && { ...props.card.next_course };
  const own = props.card.lines.filter((line) => line.place.kind === "own" && line.waits === undefined);
  const queued = own.some((line) => line.state === "queued");
  const started = own.some((line) => line.state === "started");
  const open = own
    .filter((line) => line.state === "queued" || line.state === "started")
    .map(({ id, name, quantity }) => ({ id, name, quantity }));
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
  return (
    <Sheet title={props.label} close={props.close}>
      <div class="choices" data-scroll>
        <Show when={queued && due.length > 0}>
          <button
            type="button"
            class="button wide"
            onClick={() => act({ press: "start", order, seen, lines: due })}
          >
            {text.start}
          </button>
        </Show>
        <Show when={queued && due.length < lines.length}>
          <button type="button" class="button wide" onClick={() => act({ press: "start", order, seen, lines })}>
            {text.startAll}
          </button>
        </Show>
        <Show when={started}>
          <button type="button" class="button wide" onClick={() => act({ press: "unstart", order, seen, lines })}>
            {text.unstart}
          </button>
        </Show>
        <button
          type="button"
          class="button wide"
          onClick={() => act({ press: rush ? "unrush" : "rush", order, seen })}
        >
          {rush ? text.unrush : text.rushIt}
        </button>
        <Show when={course}>
          {(next) => (
            <button
              type="button"
              class="button wide"
              onClick={() => act({ press: "fire", order, seen, course: next().number })}
            >
              {text.fireCourse(next().name ?? text.course(next().number))}
            </button>
          )}
        </Show>
        <Show when={taken?.whose === "ours"}>
          <button type="button" class="button wide" onClick={() => act({ press: "put_back", order, seen })}>
            {text.putBack}
          </button>
        </Show>
        <button type="button" class="button wide" onClick={() => act({ press: "park", order, seen })}>
          {text.parkIt}
        </button>
        <Show when={held}>
          <button type="button" class="button wide" onClick={() => act({ press: "release", order, seen })}>
            {text.release}
          </button>
        </Show>
      </div>
      <Show when={early.size > 0}>
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
      <Show when={!held}>
        <div class="setting" role="group" aria-label={text.holdIt}>
          <h3>{text.holdIt}</h3>
          <div class="choices inline">
            <For each={HOLD_MINUTES}>
              {(minutes) => (
                <button type="button" class="button" onClick={() => act({ press: "hold", order, seen, minutes })}>
                  {text.forMinutes(minutes)}
                </button>
              )}
            </For>
            <button type="button" class="button" onClick={() => act({ press: "hold", order, seen })}>
              {text.untilReleased}
            </button>
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
              {(station) => (
                <button
                  type="button"
                  class="button"
                  onClick={() => act({ press: "transfer", order, seen, to: station.id, lines: sent() })}
                >
                  {station.name}
                </button>
              )}
            </For>
          </div>
        </div>
      </Show>
    </Sheet>
  );
}
