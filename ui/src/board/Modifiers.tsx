/** How a line is wanted: each class of modifier has its colour, its icon and its words; an allergy is a badge. */

import { Index, type JSX, Match, Show, Switch } from "solid-js";
import type { CardModifier } from "../generated/CardModifier";
import { Cross, Dot, Plus, Swap, Warning } from "../shell/Icons";
import { useKitchen } from "../shell/kitchen";

export function Modifiers(props: { of: readonly CardModifier[] }): JSX.Element {
  return (
    <Index each={props.of}>
      {(modifier) => (
        <Show when={modifier().class !== "allergy"} fallback={<Allergy text={modifier().text} />}>
          <span class={`modifier ${modifier().class}`}>
            <Switch>
              <Match when={modifier().class === "removal"}>
                <Cross />
              </Match>
              <Match when={modifier().class === "addition"}>
                <Plus />
              </Match>
              <Match when={modifier().class === "temperature"}>
                <Dot />
              </Match>
              <Match when={modifier().class === "substitution"}>
                <Swap />
              </Match>
            </Switch>
            <span>{modifier().text}</span>
          </span>
        </Show>
      )}
    </Index>
  );
}

/** A note, in the guest's or the server's own words. */
export function Note(props: { text: string; allergy: boolean }): JSX.Element {
  const { text } = useKitchen();
  return (
    <Show when={props.allergy} fallback={<span class="note">{text.quoted(props.text)}</span>}>
      <Allergy text={text.quoted(props.text)} />
    </Show>
  );
}

export function Allergy(props: { text: string }): JSX.Element {
  const { text } = useKitchen();
  return (
    <span class="modifier allergy">
      <span class="badge">
        <Warning />
        <span>{text.allergy(props.text)}</span>
      </span>
    </span>
  );
}
