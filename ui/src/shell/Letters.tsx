/** Letters on the glass, to write with fingers. */

import { For, type JSX } from "solid-js";
import { Back } from "./Icons";
import { useKitchen } from "./kitchen";

export const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"] as const;
const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];

export function Letters(props: {
  text: string;
  change: (text: string) => void;
  /** Where nothing else has them. */
  digits?: typeof DIGITS;
}): JSX.Element {
  const { text, touch } = useKitchen();
  const type = (key: string) => touch.click(() => ({ run: () => props.change(typed(props.text, key)) }));
  return (
    <div class="letters" role="group" aria-label={text.letters}>
      <For each={[...LETTERS, ...(props.digits ?? [])]}>
        {(key) => (
          <button type="button" class="button square" ref={type(key)}>
            {key}
          </button>
        )}
      </For>
      <button type="button" class="button square" aria-label={text.space} ref={type(" ")}>
        {"\u2423"}
      </button>
      <button
        type="button"
        class="button square"
        disabled={!props.text}
        aria-label={text.eraseLetter}
        ref={touch.click(() => ({ run: () => props.change(props.text.slice(0, -1)) }))}
      >
        <Back />
      </button>
    </div>
  );
}

/** A word begins with a capital, as names do. */
export function typed(before: string, key: string): string {
  return before + (/(^|\s)$/.test(before) ? key : key.toLowerCase());
}
