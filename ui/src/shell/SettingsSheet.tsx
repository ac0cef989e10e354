import { For, type JSX, Show } from "solid-js";
import type { TextSize } from "../generated/TextSize";
import { useKitchen } from "./kitchen";
import { Sheet } from "./Sheet";

const TEXT_SIZES: readonly TextSize[] = ["small", "normal", "large"];

/** Text size, order of the tickets and sounds of this screen, and the way to what is set for all. */
export function SettingsSheet(props: { close: () => void }): JSX.Element {
  const { picture, text, go, showSheet } = useKitchen();
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
      <div class="setting" role="group" aria-label={text.tablesStand}>
        <h3>{text.tablesStand}</h3>
        <div class="choices inline">
          <For each={[false, true]}>
            {(on) => (
              <button
                type="button"
                class="button"
                aria-pressed={(picture.head?.by_table === true) === on}
                onClick={() => go({ go: "by_table", on })}
              >
                {on ? text.byTable : text.eachByItself}
              </button>
            )}
          </For>
        </div>
      </div>
      <div class="choices">
        <button type="button" class="button wide" onClick={() => showSheet("sounds")}>
          {text.sounds}
        </button>
        <Show when={picture.talk}>
          <button type="button" class="button wide" onClick={() => showSheet("voice")}>
            {text.voice.open}
          </button>
        </Show>
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
