/**
 * The end of service: what is still open, and what is to become of it. It asks twice, names the count, and everything
 * can be taken back for a while; and it means the tickets that stood here when it was asked, no later ones.
 */

import { createSignal, For, type JSX, onCleanup, onMount, Show } from "solid-js";
import type { CloseHow } from "../generated/CloseHow";
import type { PressTicket } from "../generated/PressTicket";
import { age } from "../i18n/format";
import { useKitchen } from "./kitchen";
import { Sheet } from "./Sheet";

interface Question {
  how: CloseHow;
  tickets: PressTicket[];
}

export function ClosingSheet(props: { close: () => void }): JSX.Element {
  const { picture, text, go, press, now } = useKitchen();
  const [question, setQuestion] = createSignal<Question>();
  onMount(() => go({ go: "closing", asked: true }));
  onCleanup(() => go({ go: "closing", asked: false }));
  const open = () => picture.closing.tickets;
  // Only the pass sees every order, so only there can something be said of all of them.
  const atPass = () => picture.head?.tab === "expo" || picture.head?.station.name === "";
  const where = () => (atPass() ? text.expo : (picture.head?.station.name ?? ""));
  const hows = (): CloseHow[] => (atPass() ? ["park", "bump", "void"] : ["bump"]);
  const ask = (how: CloseHow) => setQuestion({ how, tickets: open().map(({ ticket }) => copied(ticket)) });
  const answer = ({ how, tickets }: Question) => {
    press(`closing/${how}`, { press: "close", how, tickets });
    props.close();
  };
  return (
    <Sheet title={text.endOfService} close={props.close}>
      <Show
        when={question()}
        fallback={
          <Show when={open().length > 0} fallback={<p class="sheet-words">{text.nothingOpen}</p>}>
            <p class="sheet-words">{text.openNow(open().length)}</p>
            <ul class="open-tickets" data-scroll tabindex="0" aria-label={text.openNow(open().length)}>
              <For each={open()}>
                {(held) => (
                  <li>
                    <b>{text.label(held.label, held.order_type)}</b>
                    <span class="figure">{age(now(), held.since)}</span>
                  </li>
                )}
              </For>
            </ul>
            <div class="choices closing-choices">
              <button type="button" class="button wide" onClick={() => props.close()}>
                {text.leaveOpen}
                <span class="meaning">{text.leaveOpenMeans}</span>
              </button>
              <For each={hows()}>
                {(how) => (
                  <button type="button" class="button wide" onClick={() => ask(how)}>
                    {text.closeAll[how](open().length)}
                    <span class="meaning">{text.closeAllMeans[how]}</span>
                  </button>
                )}
              </For>
            </div>
            <Show when={!atPass()}>
              <p class="sheet-words quiet">{text.wholeKitchenAtExpo}</p>
            </Show>
          </Show>
        }
      >
        {(asked) => (
          <>
            <p class="sheet-words">{text.closeAllAsks[asked().how](asked().tickets.length, where())}</p>
            <div class="choices">
              <button type="button" class="button wide" onClick={() => setQuestion(undefined)}>
                {text.goBack}
              </button>
              <button type="button" class="button wide alarm" onClick={() => answer(asked())}>
                {text.closeAll[asked().how](asked().tickets.length)}
              </button>
            </div>
          </>
        )}
      </Show>
    </Sheet>
  );
}

/** A copy that no later frame changes. */
function copied({ order, seen, lines }: PressTicket): PressTicket {
  return { order, seen, lines: lines.map(({ line, upto }) => ({ line, upto })) };
}
