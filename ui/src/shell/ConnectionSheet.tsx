import { For, type JSX, onMount, Show } from "solid-js";
import type { Connection } from "../generated/Connection";
import type { Upstream } from "../generated/Upstream";
import { age, secondsUntil, wallClock } from "../i18n/format";
import { ConnectionMark } from "./ConnectionMark";
import { Warning } from "./Icons";
import { useKitchen } from "./kitchen";
import { Sheet } from "./Sheet";

/** What stands behind the connection mark, in words, and the one thing a person can do about it. */
export function ConnectionSheet(props: { close: () => void }): JSX.Element {
  const { picture, text } = useKitchen();
  return (
    <Sheet title={text.connection} close={props.close}>
      <Show when={picture.connection}>
        {(connection) => (
          <>
            <p class="figure">
              <ConnectionMark />
            </p>
            <Meaning of={connection()} />
            <div class="sections">
              <Hub of={connection()} />
              <Show when={connection().upstream}>{(upstream) => <OrderSystem of={upstream()} />}</Show>
            </div>
            <For each={connection().upstream?.faults}>
              {(fault) => (
                <p class="trouble">
                  <Warning /> {text.fault(fault)}
                </p>
              )}
            </For>
            <Show when={troubled(connection())}>
              <Retry />
            </Show>
          </>
        )}
      </Show>
    </Sheet>
  );
}

/** Whether there is something to be tried. */
function troubled(held: Connection): boolean {
  return held.state !== "live" || (held.upstream !== undefined && held.upstream.state !== "live");
}

/** What it means for a cook; what is wrong, when the hub has said so. */
function Meaning(props: { of: Connection }): JSX.Element {
  const { text, wall } = useKitchen();
  return (
    <>
      <Show
        when={props.of.state === "live" && props.of.upstream?.state === "away"}
        fallback={<p>{text.connectionMeans[props.of.state](wallClock(props.of.since, wall()))}</p>}
      >
        <p>{text.upstreamAway}</p>
      </Show>
      <Show when={props.of.fault}>{(fault) => <p class="trouble">{text.fault(fault())}</p>}</Show>
    </>
  );
}

function Hub(props: { of: Connection }): JSX.Element {
  const { text, wall, now } = useKitchen();
  const live = () => props.of.state === "live";
  const next = () =>
    props.of.next_attempt_at === undefined ? undefined : secondsUntil(now(), props.of.next_attempt_at);
  return (
    <dl class="facts">
      <dt>{text.hubAt}</dt>
      <dd>{props.of.hub || text.hubHere}</dd>
      <dt>{text.connectionStates[props.of.state]}</dt>
      <dd>{text.since(wallClock(props.of.since, wall()))}</dd>
      <Show when={live()}>
        <dt>{text.roundTrip}</dt>
        <dd>
          {props.of.round_trip_ms === undefined ? text.notMeasured : text.milliseconds(props.of.round_trip_ms)}
        </dd>
      </Show>
      <Show when={!live() && props.of.attempts > 0}>
        <dt>{text.attempts}</dt>
        <dd>{text.attemptsNext(props.of.attempts, next())}</dd>
      </Show>
      <dt>{text.unsentLabel}</dt>
      <dd>
        <Waiting count={props.of.unsent} oldest={props.of.oldest_unsent} />
      </dd>
    </dl>
  );
}

function OrderSystem(props: { of: Upstream }): JSX.Element {
  const { text, wall } = useKitchen();
  const cut = () => props.of.state === "away" || props.of.state === "refused";
  return (
    <dl class="facts">
      <dt>{text.orderSystem}</dt>
      <dd classList={{ trouble: cut() }}>
        {text.upstreamStates[props.of.state]} {text.since(wallClock(props.of.since, wall()))}
      </dd>
      <dt>{text.unreportedLabel}</dt>
      <dd>
        <Waiting count={props.of.unreported} oldest={props.of.oldest_unreported} />
      </dd>
    </dl>
  );
}

/** How many wait, and for how long the oldest of them has. */
function Waiting(props: { count: number; oldest: number | undefined }): JSX.Element {
  const { text, now } = useKitchen();
  return (
    <Show when={props.count > 0} fallback={text.nothingUnsent}>
      {props.oldest === undefined ? String(props.count) : text.countSince(props.count, age(now(), props.oldest))}
    </Show>
  );
}

/** It has the focus from the beginning: Enter tries again. */
function Retry(): JSX.Element {
  const { text, view } = useKitchen();
  let button!: HTMLButtonElement;
  onMount(() => queueMicrotask(() => button.focus()));
  return (
    <button type="button" class="button wide" ref={button} onClick={() => view.retryConnection()}>
      {text.retryNow}
    </button>
  );
}
