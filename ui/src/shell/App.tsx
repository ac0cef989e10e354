/** The whole page: bars, the tab that is shown, and what stands there when there is nothing to show. */

import { createEffect, type JSX, Match, onCleanup, onMount, Show, Switch } from "solid-js";
import { AllDay } from "../board/AllDay";
import { Board } from "../board/Board";
import { isWriting, keyboard } from "../board/keys";
import { Recall } from "../board/Recall";
import { Scheduled } from "../board/Scheduled";
import type { Backend } from "../ipc/backend";
import { talkKey } from "../voice/keys";
import { Footer } from "./Footer";
import { Header } from "./Header";
import { createKitchen, type Kitchen, KitchenProvider, useKitchen } from "./kitchen";
import { FailedScreen, LoadingScreen } from "./screens";

export function App(props: { backend: Backend; onKitchen?: (kitchen: Kitchen) => void }): JSX.Element {
  const kitchen = createKitchen(props.backend);
  props.onKitchen?.(kitchen);
  let root!: HTMLDivElement;

  onMount(() => {
    const deaf = kitchen.touch.listen(root);
    const mute = keyboard(kitchen);
    const hush = talkKey(kitchen.talking.hand, () => keysTaken(kitchen));
    onCleanup(() => {
      deaf();
      mute();
      hush();
    });
    kitchen.view.open();
  });

  // Sizes of the whole page hang on the root, so that sheets have them as well.
  createEffect(() => {
    const { mm, text, bar, low, narrow, columns, rows } = kitchen.plan();
    const { style, classList } = document.documentElement;
    style.setProperty("--mm", `${mm}px`);
    style.setProperty("--text", String(text));
    style.setProperty("--bar-text", String(bar));
    style.setProperty("--columns", String(columns));
    style.setProperty("--rows", String(rows));
    classList.toggle("low", low);
    classList.toggle("narrow", narrow);
  });

  return (
    <KitchenProvider value={kitchen}>
      <div class="glass" ref={root}>
        <Glass />
      </div>
    </KitchenProvider>
  );
}

/** Whether the key to talk is none: nobody can be talked to, somebody writes, or a sheet other than the voice panel has the keys. */
function keysTaken({ picture, sheet }: Kitchen): boolean {
  if (!picture.talk || isWriting()) return true;
  return sheet() !== "voice" && document.querySelector("dialog[open]") !== null;
}

function Glass(): JSX.Element {
  const { phase, picture } = useKitchen();
  const failed = () => {
    const held = phase();
    return held.phase === "failed" ? held.fault : undefined;
  };
  return (
    <Show
      when={picture.head}
      fallback={
        <Show when={failed()} fallback={<LoadingScreen />}>
          {(fault) => <FailedScreen fault={fault()} />}
        </Show>
      }
    >
      <Header />
      <Switch>
        <Match when={!picture.head?.ready}>
          <LoadingScreen />
        </Match>
        <Match when={picture.head?.tab === "all_day"}>
          <AllDay />
        </Match>
        <Match when={picture.head?.tab === "scheduled"}>
          <Scheduled />
        </Match>
        <Match when={picture.head?.tab === "recall"}>
          <Recall />
        </Match>
        <Match when={true}>
          <Board />
        </Match>
      </Switch>
      <Footer />
    </Show>
  );
}
