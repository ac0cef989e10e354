/** What stands on the glass when there are no tickets to show. None of them can be taken for a quiet kitchen. */

import { type JSX, Show } from "solid-js";
import type { Fault } from "../generated/Fault";
import { ConnectionMark } from "./ConnectionMark";
import { Check, Unplugged, Warning } from "./Icons";
import { useKitchen } from "./kitchen";

export function LoadingScreen(): JSX.Element {
  const { text } = useKitchen();
  return (
    <main class="screen" aria-busy="true">
      <div class="loading" aria-hidden="true">
        <span />
        <span />
        <span />
      </div>
      <p class="title" role="status">
        {text.loading}
      </p>
    </main>
  );
}

export function FailedScreen(props: { fault: Fault }): JSX.Element {
  const { text, touch, view } = useKitchen();
  return (
    <main class="screen failed">
      <span class="sign">
        <Warning />
      </span>
      <h1 class="title">{text.failedTitle}</h1>
      <p role="alert">{text.fault(props.fault)}</p>
      <p class="quiet">{text.failedAgain}</p>
      <button type="button" class="button wide" ref={touch.down(() => ({ run: () => view.open() }))}>
        {text.tryAgain}
      </button>
    </main>
  );
}

/** Nothing to do. Says so together with the connection, so that a dead screen never looks like an empty kitchen. */
export function EmptyScreen(props: { title: string; hint?: string | undefined }): JSX.Element {
  return (
    <main class="screen empty">
      <Nothing title={props.title} hint={props.hint} />
    </main>
  );
}

/** The same in a list that has something above it. */
export function EmptyList(props: { title: string; hint?: string | undefined }): JSX.Element {
  return (
    <div class="screen empty">
      <Nothing title={props.title} hint={props.hint} />
    </div>
  );
}

function Nothing(props: { title: string; hint: string | undefined }): JSX.Element {
  const { text, picture } = useKitchen();
  const live = () => picture.connection?.state === "live";
  return (
    <>
      <span class="sign" classList={{ trouble: !live() }}>
        <Show when={live()} fallback={<Unplugged />}>
          <Check />
        </Show>
      </span>
      <h2 class="title">{props.title}</h2>
      <Show when={live()} fallback={<p class="trouble">{text.emptyOffline}</p>}>
        <Show when={props.hint}>
          <p class="quiet">{props.hint}</p>
        </Show>
      </Show>
      <p>
        <ConnectionMark />
      </p>
    </>
  );
}
