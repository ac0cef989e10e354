/** A sheet over the board, opened by somebody and closed by Close, Escape or a touch beside it. */

import { type JSX, onMount } from "solid-js";
import { Cross } from "./Icons";
import { useKitchen } from "./kitchen";

export function Sheet(props: {
  title: string;
  close: () => void;
  /** It needs the whole glass. */
  large?: boolean;
  children: JSX.Element;
}): JSX.Element {
  const { text } = useKitchen();
  let dialog!: HTMLDialogElement;
  onMount(() => dialog.showModal());
  return (
    <dialog
      class="sheet"
      classList={{ large: props.large === true }}
      ref={dialog}
      aria-label={props.title}
      onClose={() => props.close()}
      onClick={(event) => event.target === dialog && dialog.close()}
    >
      <div class="paper">
        <div class="sheet-head">
          <h2>{props.title}</h2>
          <button type="button" class="button square" aria-label={text.close} onClick={() => dialog.close()}>
            <Cross />
          </button>
        </div>
        {props.children}
      </div>
    </dialog>
  );
}
