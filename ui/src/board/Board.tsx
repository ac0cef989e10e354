/** The page of tickets: a grid of cells in which each card stands where the frame puts it. */

import { For, type JSX, onCleanup, Show } from "solid-js";
import { useKitchen } from "../shell/kitchen";
import { EmptyScreen } from "../shell/screens";
import { createFitter, FitterProvider } from "./fit";
import { Probe } from "./Probe";
import { Ticket } from "./Ticket";

export function Board(): JSX.Element {
  const { picture, text } = useKitchen();
  const fitter = createFitter();
  onCleanup(() => fitter.stop());
  const expo = () => picture.head?.tab === "expo" || picture.head?.station.name === "";
  return (
    <FitterProvider value={fitter}>
      <div class="board">
        <Probe />
        <Show
          when={picture.places.length > 0}
          fallback={<EmptyScreen title={expo() ? text.emptyExpo : text.emptyStation} hint={text.emptyHint} />}
        >
          <main class="grid" aria-label={text.tabs[picture.head?.tab ?? "station"]}>
            <For each={picture.places}>{(place) => <Ticket place={place} />}</For>
          </main>
        </Show>
      </div>
    </FitterProvider>
  );
}
