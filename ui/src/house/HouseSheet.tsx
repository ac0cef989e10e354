/**
 * Stations and house rules, edited by an owner. What is edited takes effect at once and together, by SAVE, after a page
 * that says what changes; and it can be taken back. If somebody else has changed the same meanwhile, that is said, and
 * only what is there now can be edited further.
 *
 * The sheet holds what its fingers have done; what it would come to is worked out behind the page, draft by draft.
 */

import { createEffect, createSignal, For, type JSX, Match, on, onCleanup, onMount, Show, Switch } from "solid-js";
import type { House } from "../generated/House";
import type { Station } from "../generated/Station";
import { useKitchen } from "../shell/kitchen";
import { Sheet } from "../shell/Sheet";
import { Changes } from "./Changes";
import { RulesEditor } from "./RulesEditor";
import { StationEditor } from "./StationEditor";

type Page = { show: "stations" } | { show: "station"; id: string } | { show: "rules" } | { show: "changes" };

export function HouseSheet(props: { close: () => void }): JSX.Element {
  const { picture, text, go, press } = useKitchen();
  const [house, setHouse] = createSignal<House>();
  const [page, setPage] = createSignal<Page>({ show: "stations" });
  onMount(() => go({ go: "edit_house" }));
  onCleanup(() => go({ go: "leave_house" }));
  const edit = () => picture.house;
  createEffect(
    on(
      () => edit().draft,
      (draft, before) => {
        if (draft && !house()) setHouse(copied(draft));
        // It was saved: it is on its way, and the offer to undo is in its place.
        if (!draft && before) props.close();
      },
    ),
  );
  const change = (next: House) => {
    setHouse(next);
    go({ go: "draft_house", house: next });
  };
  const changeStation = (id: string, how: (station: Station) => Station) => {
    const held = house();
    if (held) change({ ...held, stations: held.stations.map((one) => (one.id === id ? how(one) : one)) });
  };
  const anew = () => {
    setHouse(undefined);
    setPage({ show: "stations" });
    go({ go: "edit_house" });
  };
  // What is saved is what has reached the kitchen behind the page.
  const settled = () => same(edit().draft, house());
  const changed = () => settled() && edit().changes.length > 0;
  const blocked = () => edit().overtaken || edit().fault !== undefined;
  const edited = () => {
    const held = page();
    return held.show === "station" ? house()?.stations.find(({ id }) => id === held.id) : undefined;
  };
  const tab = (show: "stations" | "rules", name: string) => (
    <button
      type="button"
      class="button"
      aria-pressed={page().show === show || (show === "stations" && page().show === "station")}
      onClick={() => setPage({ show })}
    >
      {name}
    </button>
  );
  return (
    <Sheet title={text.house.title} close={props.close} large>
      <Show when={house()}>
        {(held) => (
          <>
            <div class="choices inline house-head">
              {tab("stations", text.house.stations)}
              {tab("rules", text.house.rules)}
              <button
                type="button"
                class="button"
                disabled={!changed() || blocked()}
                aria-pressed={page().show === "changes"}
                onClick={() => setPage({ show: "changes" })}
              >
                {text.house.save}
              </button>
            </div>
            <Show when={edit().overtaken}>
              <div class="house-fault" role="alert">
                <p>{text.house.overtaken}</p>
                <button type="button" class="button" onClick={anew}>
                  {text.house.loadTheirs}
                </button>
              </div>
            </Show>
            <Show when={edit().fault}>
              {(fault) => (
                <p class="house-fault" role="alert">
                  {text.fault(fault())}
                </p>
              )}
            </Show>
            <div class="house-page" data-scroll tabindex="0" role="group" aria-label={text.house.title}>
              <Switch>
                <Match when={page().show === "stations"}>
                  <Stations house={held()} open={(id) => setPage({ show: "station", id })} change={change} />
                </Match>
                <Match when={edited()}>
                  {(station) => (
                    <StationEditor
                      station={station()}
                      house={held()}
                      change={(how) => changeStation(station().id, how)}
                      remove={() => {
                        const { id } = station();
                        setPage({ show: "stations" });
                        change(without(held(), id));
                      }}
                    />
                  )}
                </Match>
                <Match when={page().show === "rules"}>
                  <RulesEditor settings={held().settings} change={(settings) => change({ ...held(), settings })} />
                </Match>
                <Match when={page().show === "changes"}>
                  <Changes />
                  <div class="choices">
                    <button type="button" class="button wide" onClick={() => setPage({ show: "stations" })}>
                      {text.goBack}
                    </button>
                    <button
                      type="button"
                      class="button wide chosen"
                      disabled={!changed() || blocked()}
                      onClick={() => press("house", { press: "configure" })}
                    >
                      {text.house.saveNow}
                    </button>
                  </div>
                </Match>
              </Switch>
            </div>
          </>
        )}
      </Show>
    </Sheet>
  );
}

/** All stations with what they cook, and what nobody does. */
function Stations(props: {
  house: House;
  open: (id: string) => void;
  change: (house: House) => void;
}): JSX.Element {
  const { picture, text } = useKitchen();
  const [adding, setAdding] = createSignal(false);
  const nameOf = (id: string) => picture.house.categories.find((part) => part.id === id)?.name ?? id;
  const cooks = (station: Station) =>
    station.role === "expo"
      ? text.house.pass
      : [
          ...station.categories.map(nameOf),
          ...(station.items.length > 0 ? [text.house.itemsCount(station.items.length)] : []),
          ...(station.takes_rest ? [text.house.takesRest] : []),
        ].join(" · ") || text.house.cooksNothing;
  const add = (name: string, categories: string[]) => {
    setAdding(false);
    const id = freeId(props.house, name);
    props.change({
      ...props.house,
      stations: [...props.house.stations, { ...NEW_STATION, id, name, categories }],
    });
    props.open(id);
  };
  const uncooked = () =>
    picture.house.categories.filter(
      (part) => !props.house.stations.some((station) => station.categories.includes(part.id)),
    );
  return (
    <>
      <Show when={picture.house.unrouted.length > 0}>
        <div class="house-note">
          <b>{text.house.unrouted(picture.house.unrouted.length)}</b>
          <span>{picture.house.unrouted.join(", ")}</span>
        </div>
      </Show>
      <div class="choices house-stations">
        <For each={props.house.stations}>
          {(station) => (
            <button type="button" class="button wide" onClick={() => props.open(station.id)}>
              {station.name || text.expo}
              <span class="meaning">{cooks(station)}</span>
            </button>
          )}
        </For>
        <Show
          when={adding()}
          fallback={
            <button type="button" class="button wide" onClick={() => setAdding(true)}>
              {text.house.add}
            </button>
          }
        >
          <div class="setting" role="group" aria-label={text.house.addFor}>
            <h3>{text.house.addFor}</h3>
            <div class="choices inline">
              <For each={uncooked()}>
                {(part) => (
                  <button type="button" class="button" onClick={() => add(part.name, [part.id])}>
                    {part.name}
                  </button>
                )}
              </For>
              <button type="button" class="button" onClick={() => add(text.house.newStation, [])}>
                {text.house.nothingYet}
              </button>
            </div>
          </div>
        </Show>
      </div>
    </>
  );
}

const NEW_STATION: Omit<Station, "id" | "name" | "categories"> = {
  role: "prep",
  items: [],
  takes_rest: false,
  order_types: [],
  covers: [],
  queue: "shared",
};

/** An id that is read in logs and by integrators, made of the name. */
export function freeId(house: House, name: string): string {
  const plain =
    name
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, "-")
      .replace(/^-|-$/g, "") || "station";
  const taken = (id: string) => id === "expo" || house.stations.some((station) => station.id === id);
  if (!taken(plain)) return plain;
  let count = 2;
  while (taken(`${plain}-${count}`)) count += 1;
  return `${plain}-${count}`;
}

/** The house without a station, and without anything that points to it. */
export function without(house: House, id: string): House {
  return {
    ...house,
    stations: house.stations.filter((station) => station.id !== id).map((one) => apart(one, id)),
  };
}

function apart(station: Station, from: string): Station {
  const covers = station.covers.filter((covered) => covered !== from);
  // A pass that looks after nobody any more is a station like the others.
  const lone = station.role === "expo" && station.id !== "expo" && covers.length === 0;
  const next: Station = { ...station, covers, role: lone ? "prep" : station.role };
  if (next.hands_on_to === from) delete next.hands_on_to;
  return next;
}

function copied<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function same(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

/** The same whatever the order of the fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, held: unknown) =>
    held !== null && typeof held === "object" && !Array.isArray(held)
      ? Object.fromEntries(Object.entries(held).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : held,
  );
}
