import { For, type JSX } from "solid-js";
import { useKitchen } from "./kitchen";
import { Sheet } from "./Sheet";

/** Which station this screen is. */
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
    </Sheet>
  );
}
