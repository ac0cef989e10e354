import { For, type JSX } from "solid-js";
import { Speaker } from "./Icons";
import { useKitchen } from "./kitchen";
import { Sheet } from "./Sheet";

const VOLUME_STEP = 10;

/** How loud each sound of this screen is; each can be heard, so that it is known when it comes. */
export function SoundsSheet(props: { close: () => void }): JSX.Element {
  const { picture, text, go } = useKitchen();
  return (
    <Sheet title={text.sounds} close={props.close}>
      <div class="sounds">
        <For each={picture.head?.sounds}>
          {(held) => {
            const { sound } = held;
            const set = (volume: number) =>
              go({ go: "volume", sound, volume: Math.min(100, Math.max(0, volume)) });
            const name = () => text.soundNames[sound];
            return (
              <div role="group" aria-label={name()}>
                <span class="name">{name()}</span>
                <button
                  type="button"
                  class="button square"
                  aria-label={text.quieter(name())}
                  disabled={held.volume === 0}
                  onClick={() => set(held.volume - VOLUME_STEP)}
                >
                  −
                </button>
                <output class="figure">{text.volumeOf(held.volume)}</output>
                <button
                  type="button"
                  class="button square"
                  aria-label={text.louder(name())}
                  disabled={held.volume === 100}
                  onClick={() => set(held.volume + VOLUME_STEP)}
                >
                  +
                </button>
                <button
                  type="button"
                  class="button square"
                  aria-label={text.playSound(name())}
                  disabled={held.volume === 0}
                  onClick={() => set(held.volume)}
                >
                  <Speaker />
                </button>
              </div>
            );
          }}
        </For>
      </div>
    </Sheet>
  );
}
