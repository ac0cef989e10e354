/** 86: an item is out, or so many are left. */

import { For, type JSX } from "solid-js";
import type { AllDayCount } from "../generated/AllDayCount";
import { useKitchen } from "../shell/kitchen";
import { Sheet } from "../shell/Sheet";

const LEFT = [1, 2, 3, 4, 5, 6, 8, 10] as const;

export function StockSheet(props: { count: AllDayCount; close: () => void }): JSX.Element {
  const { text, press } = useKitchen();
  const { item, name } = props.count;
  const set = (left?: number) => {
    press(`stock/${item}`, { press: "stock", item, name, ...(left === undefined ? {} : { left }) });
    props.close();
  };
  return (
    <Sheet title={name} close={props.close}>
      <div class="choices">
        <button type="button" class="button wide" aria-pressed={props.count.left === 0} onClick={() => set(0)}>
          {text.setOut}
        </button>
        <button
          type="button"
          class="button wide"
          aria-pressed={props.count.left === undefined}
          onClick={() => set()}
        >
          {text.plenty}
        </button>
      </div>
      <div class="setting" role="group" aria-label={text.onlyLeft}>
        <h3>{text.onlyLeft}</h3>
        <div class="choices inline">
          <For each={LEFT}>
            {(left) => (
              <button
                type="button"
                class="button square"
                aria-pressed={props.count.left === left}
                onClick={() => set(left)}
              >
                {left}
              </button>
            )}
          </For>
        </div>
      </div>
    </Sheet>
  );
}
