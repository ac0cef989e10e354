/** The state of the link in a dot and a word; when it is not live, loud enough to be seen across the kitchen. */

import { type JSX, Show } from "solid-js";
import { wallClock } from "../i18n/format";
import { Unplugged } from "./Icons";
import { useKitchen } from "./kitchen";

export function ConnectionMark(): JSX.Element {
  const { picture, phase, text, wall } = useKitchen();
  const silent = () => phase().phase === "silent";
  const state = () => picture.connection?.state ?? "connecting";
  const trouble = () => silent() || state() === "offline" || state() === "refused";
  return (
    <span class="link" classList={{ live: !silent() && state() === "live", trouble: trouble() }}>
      <Show when={trouble()} fallback={<span class="dot" aria-hidden="true" />}>
        <Unplugged />
      </Show>
      <span class="word">{silent() ? text.silent : text.connectionStates[state()]}</span>
      <Show when={!silent() && state() === "offline" && picture.connection}>
        {(connection) => (
          <span class="since">
            {wallClock(connection().since, wall())}
            <Show when={connection().unsent > 0}> · {text.unsent(connection().unsent)}</Show>
          </span>
        )}
      </Show>
    </span>
  );
}
