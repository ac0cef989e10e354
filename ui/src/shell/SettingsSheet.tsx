import { For, type JSX, Show } from "solid-js";
import type { TextSize } from "../generated/TextSize";
import { Microphone, Speaker } from "./Icons";
import { useKitchen } from "./kitchen";
import { Sheet } from "./Sheet";

const TEXT_SIZES: readonly TextSize[] = ["small", "normal", "large"];
const VOLUME_STEP = 10;

/** Text size and sound of this screen, and the way to its voice panel. */
export function SettingsSheet(props: { close: () => void }): JSX.Element {
  const { picture, text, go, showSheet } = useKitchen();
  const volume = () => picture.head?.volume ?? 0;
  const set = (next: number) => go({ go: "volume", volume: Math.min(100, Math.max(0, next)) });
  return (
    <Sheet title={text.settings} close={props.close}>
      <div class="setting" role="group" aria-label={text.textSize}>
        <h3>{text.textSize}</h3>
        <div class="choices inline">
          <For each={TEXT_SIZES}>
            {(size) => (
              <button
                type="button"
                class="button"
                aria-pressed={picture.head?.glass.text === size}
                onClick={() => go({ go: "text", text: size })}
              >
                {text.textSizes[size]}
              </button>
            )}
          </For>
        </div>
      </div>
      <div class="setting" role="group" aria-label={text.volume}>
        <h3>{text.volume}</h3>
        <div class="choices inline">
          <button
            type="button"
            class="button square"
            aria-label={text.quieter}
            disabled={volume() === 0}
            onClick={() => set(volume() - VOLUME_STEP)}
          >
            −
          </button>
          <output class="figure">{text.volumeOf(volume())}</output>
          <button
            type="button"
            class="button square"
            aria-label={text.louder}
            disabled={volume() === 100}
            onClick={() => set(volume() + VOLUME_STEP)}
          >
            +
          </button>
          <button type="button" class="button" disabled={volume() === 0} onClick={() => set(volume())}>
            <Speaker />
            {text.playSound}
          </button>
        </div>
      </div>
      <Show when={picture.talk}>
        <div class="setting" role="group" aria-label={text.voice.title}>
          <h3>{text.voice.title}</h3>
          <button type="button" class="button" onClick={() => showSheet("voice")}>
            <Microphone />
            {text.voice.open}
          </button>
        </div>
      </Show>
      <div class="choices">
        <button type="button" class="button wide" onClick={() => showSheet("closing")}>
          {text.endOfService}
        </button>
        <button type="button" class="button wide" onClick={() => showSheet("house")}>
          {text.house.title}
        </button>
      </div>
    </Sheet>
  );
}
