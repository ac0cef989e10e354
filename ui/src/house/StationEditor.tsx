/** One station: what it is called, what it cooks, whom it hands on to, and how its screens share its tickets. */

import { createSignal, For, type JSX, Show } from "solid-js";
import type { House } from "../generated/House";
import type { OrderType } from "../generated/OrderType";
import type { Queue } from "../generated/Queue";
import type { Station } from "../generated/Station";
import { useKitchen } from "../shell/kitchen";
import { DIGITS, Letters } from "../shell/Letters";

const ORDER_TYPES: readonly OrderType[] = [
  "dine_in",
  "pickup",
  "delivery",
  "drive_thru",
  "online",
  "kiosk",
  "voice",
];
const QUEUES: readonly Queue[] = ["shared", "pull", "balanced"];

const LONGEST_NAME = 40;

export function StationEditor(props: {
  station: Station;
  house: House;
  change: (how: (station: Station) => Station) => void;
  remove: () => void;
}): JSX.Element {
  const { picture, text } = useKitchen();
  const isExpo = () => props.station.id === "expo";
  const others = () => props.house.stations.filter(({ id }) => id !== props.station.id && id !== "expo");
  const cooks = () => props.station.role === "prep";
  return (
    <>
      <Name name={props.station.name} change={(name) => props.change((station) => ({ ...station, name }))} />
      <Show when={cooks()}>
        <Chosen
          title={text.house.categories}
          all={picture.house.categories}
          chosen={props.station.categories}
          change={(categories) => props.change((station) => ({ ...station, categories }))}
        />
        <Folded title={text.house.items(props.station.items.length)}>
          <Chosen
            title={text.house.itemsHint}
            all={picture.house.items}
            chosen={props.station.items}
            change={(items) => props.change((station) => ({ ...station, items }))}
          />
        </Folded>
        <Chosen
          title={text.house.also}
          all={[{ id: "rest", name: text.house.takesRest }]}
          chosen={props.station.takes_rest ? ["rest"] : []}
          change={(chosen) => props.change((station) => ({ ...station, takes_rest: chosen.length > 0 }))}
        />
        <Folded title={text.house.orderTypes(props.station.order_types.length)}>
          <Chosen
            title={text.house.orderTypesHint}
            all={ORDER_TYPES.map((id) => ({ id, name: text.orderTypes[id] }))}
            chosen={props.station.order_types}
            change={(chosen) =>
              props.change((station) => ({
                ...station,
                order_types: ORDER_TYPES.filter((id) => chosen.includes(id)),
              }))
            }
          />
        </Folded>
        <Chosen
          title={text.house.handsOnTo}
          all={others().filter(({ role }) => role === "prep")}
          chosen={props.station.hands_on_to === undefined ? [] : [props.station.hands_on_to]}
          change={(chosen) => {
            const to = chosen.find((id) => id !== props.station.hands_on_to);
            props.change((station) => {
              const next = { ...station };
              if (to === undefined) delete next.hands_on_to;
              else next.hands_on_to = to;
              return next;
            });
          }}
        />
      </Show>
      <Show when={!isExpo()}>
        <Chosen
          title={text.house.covers}
          all={others()}
          chosen={props.station.covers}
          change={(covers) =>
            props.change((station) => ({ ...station, covers, role: covers.length > 0 ? "expo" : "prep" }))
          }
        />
      </Show>
      <div class="setting" role="group" aria-label={text.house.queue}>
        <h3>{text.house.queue}</h3>
        <div class="choices">
          <For each={QUEUES}>
            {(queue) => (
              <button
                type="button"
                class="button wide"
                aria-pressed={props.station.queue === queue}
                onClick={() => props.change((station) => ({ ...station, queue }))}
              >
                {text.queues[queue]}
              </button>
            )}
          </For>
        </div>
      </div>
      <Show when={!isExpo()}>
        <div class="choices">
          <button type="button" class="button wide alarm" onClick={() => props.remove()}>
            {text.house.remove(props.station.name)}
          </button>
        </div>
      </Show>
    </>
  );
}

/** By keyboard, or by letters where they are asked for. What is left empty keeps the name that it had. */
function Name(props: { name: string; change: (name: string) => void }): JSX.Element {
  const { text, touch } = useKitchen();
  // Not trimmed while somebody writes: the next word is still to come.
  const [written, setWritten] = createSignal(props.name);
  const [lettered, setLettered] = createSignal(false);
  const write = (words: string) => {
    setWritten(words.slice(0, LONGEST_NAME));
    const name = written().trim();
    if (name) props.change(name);
  };
  return (
    <div class="setting house-name">
      <h3>{text.house.name}</h3>
      <div class="choices inline">
        <input
          class="words"
          aria-label={text.house.name}
          value={written()}
          placeholder={props.name}
          maxLength={LONGEST_NAME}
          onInput={(event) => write(event.currentTarget.value)}
        />
        <button
          type="button"
          class="button"
          aria-pressed={lettered()}
          aria-label={text.letters}
          ref={touch.click(() => ({ run: () => setLettered((shown) => !shown) }))}
        >
          {text.lettersShort}
        </button>
        <Show when={lettered()}>
          <Letters text={written()} change={write} digits={DIGITS} />
        </Show>
      </div>
    </div>
  );
}

/** Any number of things, each on or off by a touch. */
function Chosen(props: {
  title: string;
  all: readonly { id: string; name: string }[];
  chosen: readonly string[];
  change: (chosen: string[]) => void;
}): JSX.Element {
  const has = (id: string) => props.chosen.includes(id);
  const toggle = (id: string) =>
    props.change(has(id) ? props.chosen.filter((held) => held !== id) : [...props.chosen, id]);
  return (
    <Show when={props.all.length > 0}>
      <div class="setting" role="group" aria-label={props.title}>
        <h3>{props.title}</h3>
        <div class="choices inline">
          <For each={props.all}>
            {({ id, name }) => (
              <button type="button" class="button" aria-pressed={has(id)} onClick={() => toggle(id)}>
                {name}
              </button>
            )}
          </For>
        </div>
      </div>
    </Show>
  );
}

/** What few need, behind a touch. */
function Folded(props: { title: string; children: JSX.Element }): JSX.Element {
  const [open, setOpen] = createSignal(false);
  return (
    <>
      <div class="choices">
        <button type="button" class="button wide" aria-expanded={open()} onClick={() => setOpen(!open())}>
          {props.title}
        </button>
      </div>
      <Show when={open()}>{props.children}</Show>
    </>
  );
}
