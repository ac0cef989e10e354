/**
 * The state of the link in a dot and a word; when orders cannot come, be it for the way to the hub or for what is behind
 * it, loud enough to be seen across the kitchen.
 */

import { type JSX, Match, Show, Switch } from "solid-js";
import { wallClock } from "../i18n/format";
import { Unplugged, Warning } from "./Icons";
import { useKitchen } from "./kitchen";

export function ConnectionMark(): JSX.Element {
  const { picture, phase, plan, text, wall } = useKitchen();
  const silent = () => phase().phase === "silent";
  const state = () => picture.connection?.state ?? "connecting";
  /** Nobody but the order system is to blame. */
  const cutOff = () => {
    const upstream = !silent() && state() === "live" ? picture.connection?.upstream : undefined;
    return upstream && (upstream.state === "away" || upstream.state === "refused")
      ? { word: text.upstreamMark[upstream.state], since: upstream.since }
      : undefined;
  };
  const trouble = () => silent() || state() === "offline" || state() === "refused" || cutOff() !== undefined;
  /** Beside the talk button there may be no room for it; the bar at the bottom and the panel say it as well. */
  const countsUnsent = () => picture.talk === undefined || plan().roomy || plan().narrow;
  const toldOf = () => !trouble() && (picture.connection?.upstream?.faults.length ?? 0) > 0;
  return (
    <span class="link" classList={{ live: !trouble() && state() === "live", trouble: trouble() }}>
      <Show when={trouble()} fallback={<span class="dot" aria-hidden="true" />}>
        <Unplugged />
      </Show>
      <Switch fallback={<span class="word">{text.connectionStates[state()]}</span>}>
        <Match when={silent()}>
          <span class="word">{text.silent}</span>
        </Match>
        <Match when={cutOff()}>
          {(cut) => (
            <>
              <span class="word">{cut().word}</span>
              <span class="since">{wallClock(cut().since, wall())}</span>
            </>
          )}
        </Match>
      </Switch>
      <Show when={!silent() && state() === "offline" && picture.connection}>
        {(connection) => (
          <span class="since">
            {wallClock(connection().since, wall())}
            <Show when={connection().unsent > 0 && countsUnsent()}> · {text.unsent(connection().unsent)}</Show>
          </span>
        )}
      </Show>
      <Show when={toldOf()}>
        <span class="told">
          <Warning />
        </span>
      </Show>
    </span>
  );
}
