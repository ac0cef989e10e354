/** At the pass: who still cooks a line. Nobody any more means that it can go. */

import { type JSX, Show } from "solid-js";
import type { CardLine } from "../generated/CardLine";
import { Check, Flame } from "../shell/Icons";
import { useKitchen } from "../shell/kitchen";

export function Cooking(props: { line: CardLine }): JSX.Element {
  const { picture, text } = useKitchen();
  const atExpo = () => picture.head?.tab === "expo" || picture.head?.station.name === "";
  const cooking = () => (props.line.place.kind === "own" ? props.line.place.cooking : []);
  const wanted = () => props.line.state === "queued" || props.line.state === "started";
  return (
    <Show when={atExpo() && wanted()}>
      <Show
        when={cooking().length > 0}
        fallback={
          <span class="tag cooking ready">
            <Check />
            <span>{text.ready}</span>
          </span>
        }
      >
        <span class="tag cooking">
          <Flame />
          <span>{cooking().join(", ")}</span>
        </span>
      </Show>
    </Show>
  );
}
