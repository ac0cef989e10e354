/** At the pass: how far each station is with the ticket. */

import { For, type JSX } from "solid-js";
import type { StationProgress } from "../generated/StationProgress";
import { Check, Flame } from "../shell/Icons";
import { useKitchen } from "../shell/kitchen";

export function StationsProgress(props: { of: readonly StationProgress[] }): JSX.Element {
  const { text } = useKitchen();
  return (
    <p class="stations">
      <For each={props.of}>
        {(station) => (
          <span class="at" classList={{ sent: station.sent }}>
            {station.sent ? <Check /> : <Flame />}
            {station.sent ? station.name : text.atStation(station.name, station.done, station.lines)}
          </span>
        )}
      </For>
    </p>
  );
}
