/** The bar at the top: which station, which view, how late, whether the link lives, what time it is, and the button to talk. */

import { For, type JSX, Match, Show, Switch } from "solid-js";
import type { Head } from "../generated/Head";
import type { Tab } from "../generated/Tab";
import { wallClock } from "../i18n/format";
import { HouseSheet } from "../house/HouseSheet";
import { TalkButton } from "../voice/TalkButton";
import { VoiceSheet } from "../voice/VoiceSheet";
import { ClosingSheet } from "./ClosingSheet";
import { ConnectionMark } from "./ConnectionMark";
import { ConnectionSheet } from "./ConnectionSheet";
import { Clock, Down, Sliders } from "./Icons";
import { type SheetName, useKitchen } from "./kitchen";
import { SettingsSheet } from "./SettingsSheet";
import { SoundsSheet } from "./SoundsSheet";
import { StationSheet } from "./StationSheet";

export const TABS: readonly Tab[] = ["station", "expo", "all_day", "scheduled", "recall"];

export function Header(): JSX.Element {
  const { picture, text, touch, go, now, wall, sheet, showSheet } = useKitchen();
  const stationName = () => picture.head?.station.name || text.expo;
  const open = (which: SheetName) => touch.down(() => ({ run: () => showSheet(which) }));
  const close = () => showSheet(undefined);

  return (
    <header class="bar top">
      <h1 class="heard">
        {picture.head?.restaurant} {stationName()}
      </h1>
      <button type="button" class="station" ref={open("station")} aria-label={text.stationIs(stationName())}>
        <span class="name">{stationName()}</span>
        <Down />
      </button>
      <nav class="tabs" aria-label={text.views}>
        <For each={TABS}>
          {(tab) => (
            <button
              type="button"
              class="tab"
              data-open-tickets={tab === "station" ? (picture.head?.station_open ?? 0) : undefined}
              aria-current={picture.head?.tab === tab ? "page" : undefined}
              ref={touch.down(() => ({ run: () => go({ go: "tab", tab }) }))}
            >
              <span>{text.tabs[tab]}</span>
              <Show when={badgeOf(picture.head, tab) > 0}>
                <span class="badge" classList={{ soon: firesSoon(picture.head, tab) }}>
                  <Show when={firesSoon(picture.head, tab)}>
                    <Clock />
                    <span class="heard">{text.firesSoon} </span>
                  </Show>
                  {badgeOf(picture.head, tab)}
                </span>
              </Show>
            </button>
          )}
        </For>
      </nav>
      <div class="state">
        <Show when={picture.head?.demo}>
          <span class="demo" title={text.demoMeaning}>
            {text.demo}
          </span>
        </Show>
        <Show when={showsTickets(picture.head) && (picture.head?.late ?? 0) > 0}>
          <span class="late-count">{text.lateCount(picture.head?.late ?? 0)}</span>
        </Show>
        <button type="button" class="plain" ref={open("connection")}>
          <span class="heard">{text.connection} </span>
          <ConnectionMark />
        </button>
        <time class="wall">{now() > 0 ? wallClock(now(), wall()) : ""}</time>
        <button type="button" class="plain square" ref={open("settings")} aria-label={text.settings}>
          <Sliders />
        </button>
      </div>
      <Show when={picture.talk}>{(talk) => <TalkButton talk={talk()} />}</Show>
      <Switch>
        <Match when={sheet() === "station"}>
          <StationSheet close={close} />
        </Match>
        <Match when={sheet() === "settings"}>
          <SettingsSheet close={close} />
        </Match>
        <Match when={sheet() === "sounds"}>
          <SoundsSheet close={close} />
        </Match>
        <Match when={sheet() === "house"}>
          <HouseSheet close={close} />
        </Match>
        <Match when={sheet() === "closing"}>
          <ClosingSheet close={close} />
        </Match>
        <Match when={sheet() === "connection"}>
          <ConnectionSheet close={close} />
        </Match>
        <Match when={sheet() === "voice"}>
          <VoiceSheet close={close} />
        </Match>
      </Switch>
    </header>
  );
}

/** Scheduled orders that fire within minutes: the badge counts those. */
function firesSoon(head: Head | undefined, tab: Tab): boolean {
  return tab === "scheduled" && (head?.scheduled_soon ?? 0) > 0;
}

/** Whether the tab is one of tickets: only there do pages, and how many are late, speak of what is on the glass. */
export function showsTickets(head: Head | undefined): boolean {
  return head?.tab === "station" || head?.tab === "expo";
}

function badgeOf(head: Head | undefined, tab: Tab): number {
  switch (tab) {
    case "station":
      return head?.station_open ?? 0;
    case "expo":
      return head?.expo_open ?? 0;
    case "scheduled":
      return head?.scheduled_soon || (head?.scheduled ?? 0);
    case "recall":
      return head?.parked ?? 0;
    case "all_day":
      return 0;
  }
}
