import { For, type JSX, Show } from "solid-js";
import { useKitchen } from "./kitchen";
import { Sheet } from "./Sheet";

const SCREENS = [1, 2, 3, 4, 5, 6] as const;

/** Which station this screen is, and which of its screens where they do not all show the same. */
export function StationSheet(props: { close: () => void }): JSX.Element {
  const { picture, text, go } = useKitchen();
  return (
    <Sheet title={text.chooseStation} close={props.close}>
      <div class="choices" data-scroll>
        <For each={picture.head?.stations}>
          {(station) => (
            <button
              type="button"
              class="button wide"
              aria-pressed={station.id === picture.head?.station.id}
              onClick={() => {
                go({ go: "station", station: station.id });
                props.close();
              }}
            >
              {station.name || text.expo}
            </button>
          )}
        </For>
      </div>
      <Show when={picture.head?.queue}>
        {(queue) => (
          <div class="setting" role="group" aria-label={text.screenNumber}>
            <h3>{text.screenNumber}</h3>
            <p class="quiet">{text.queues[queue()]}</p>
            <div class="choices inline">
              <For each={SCREENS}>
                {(number) => (
                  <button
                    type="button"
                    class="button square"
                    aria-pressed={picture.head?.screen === number}
                    onClick={() => go({ go: "screen", number })}
                  >
                    {number}
                  </button>
                )}
              </For>
            </div>
          </div>
        )}
      </Show>
    </Sheet>
  );
}
