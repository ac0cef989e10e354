import { type JSX, Show } from "solid-js";
import { wallClock } from "../i18n/format";
import { ConnectionMark } from "./ConnectionMark";
import { useKitchen } from "./kitchen";
import { Sheet } from "./Sheet";

/** What stands behind the connection mark, in words, and the one thing a person can do about it. */
export function ConnectionSheet(props: { close: () => void }): JSX.Element {
  const { picture, text, view, wall } = useKitchen();
  const unsent = () => {
    const { unsent: count = 0, oldest_unsent: oldest } = picture.connection ?? {};
    if (count === 0) return text.nothingUnsent;
    return oldest === undefined ? text.unsent(count) : text.unsentSince(count, wallClock(oldest, wall()));
  };
  return (
    <Sheet title={text.connection} close={props.close}>
      <Show when={picture.connection}>
        {(connection) => (
          <>
            <p class="figure">
              <ConnectionMark />
            </p>
            <dl class="facts">
              <dt>{text.hubAt}</dt>
              <dd>{connection().hub || text.hubHere}</dd>
              <dt>{text.connectionStates[connection().state]}</dt>
              <dd>{text.since(wallClock(connection().since, wall()))}</dd>
              <dt>{text.unsentLabel}</dt>
              <dd>{unsent()}</dd>
            </dl>
            <Show when={connection().fault}>{(fault) => <p class="trouble">{text.fault(fault())}</p>}</Show>
            <Show when={connection().state !== "live"}>
              <button type="button" class="button wide" onClick={() => view.retryConnection()}>
                {text.retryNow}
              </button>
            </Show>
          </>
        )}
      </Show>
    </Sheet>
  );
}
