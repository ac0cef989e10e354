/** One line of a ticket: how many of what, how it is wanted, and how far it is. The whole row is the target. */

import { type JSX, Show } from "solid-js";
import { Cooking } from "../expo/Cooking";
import type { Card } from "../generated/Card";
import type { CardLine } from "../generated/CardLine";
import type { Press } from "../generated/Press";
import { minutesUntil } from "../i18n/format";
import { Check, Clock, Flame, Hourglass } from "../shell/Icons";
import { useKitchen } from "../shell/kitchen";
import { Modifiers, Note } from "./Modifiers";
import { changeKey } from "./picture";

export function Line(props: { card: Card; line: CardLine; untouchable?: boolean }): JSX.Element {
  return (
    <Show when={props.line.place.kind === "own"} fallback={<Elsewhere line={props.line} />}>
      <Show
        when={!props.untouchable && pressOf(props.card, props.line)}
        fallback={
          <li class="line" classList={classes(props.line)} data-line={props.line.id} data-state={props.line.state}>
            <Words line={props.line} />
          </li>
        }
      >
        <OwnLine card={props.card} line={props.line} />
      </Show>
    </Show>
  );
}

/** A line of this station that a touch does something to. */
function OwnLine(props: { card: Card; line: CardLine }): JSX.Element {
  const { picture, noticed, touch, press } = useKitchen();
  const key = () => `${props.card.id}/${props.line.id}`;
  return (
    <li>
      <button
        type="button"
        class="line"
        classList={{
          ...classes(props.line),
          down: picture.pressed[key()] === true,
          flashes: props.line.change !== undefined && !noticed(changeKey(props.card, props.line)),
        }}
        data-line={props.line.id}
        data-state={props.line.state}
        aria-pressed={props.line.state === "done"}
        ref={touch.down(() => {
          const what = pressOf(props.card, props.line);
          const held = key();
          return what && { bounces: true, run: () => press(held, what) };
        })}
      >
        <Words line={props.line} />
      </button>
    </li>
  );
}

/**
 * What a touch on a line means now, or nothing. The first touch of a line that is marked as changed only says that
 * somebody has seen it: who points at what is new has not cooked it yet.
 */
export function pressOf(card: Card, line: CardLine): Press | undefined {
  const { order, seen } = card;
  const pieces = { line: line.id, upto: line.quantity };
  if (line.waits) return undefined;
  if (line.change) return { press: "acknowledge", order, seen, lines: [pieces] };
  switch (line.state) {
    case "queued":
    case "started":
      return { press: "finish", order, seen, line: pieces };
    case "done":
      return { press: "reopen", order, seen, lines: [line.id] };
    case "bumped":
    case "voided":
      return undefined;
  }
}

function classes(line: CardLine): Record<string, boolean> {
  return {
    own: true,
    done: line.state === "done",
    bumped: line.state === "bumped",
    voided: line.state === "voided",
    started: line.state === "started",
    nested: line.nested,
    waits: line.waits !== undefined,
    marked: line.marked === true,
    changed: line.change !== undefined,
    less: line.change?.kind === "voided",
    early: line.start?.kind === "later",
    out: line.out === true,
  };
}

function Words(props: { line: CardLine }): JSX.Element {
  const { text } = useKitchen();
  const partly = () => props.line.done > 0 && props.line.done < props.line.quantity;
  return (
    <>
      <span class="quantity">{props.line.quantity}</span>
      <span class="what">
        <span class="name">
          <span class="item">{props.line.name}</span>
          <Show when={props.line.change}>
            {(change) => (
              <span class={`tag change ${change().kind}`}>
                {text.changes[change().kind](change().was, remaining(props.line))}
              </span>
            )}
          </Show>
          <Show when={props.line.out}>
            <span class="tag out">{text.outMark}</span>
          </Show>
          <Show when={props.line.waits}>
            {(waits) => (
              <span class="tag">
                <Hourglass />
                {text.waits(waits(), props.line.course)}
              </span>
            )}
          </Show>
          <Show when={props.line.to_come}>{(pieces) => <span class="tag">{text.toCome(pieces())}</span>}</Show>
          <Show when={props.line.from}>{(station) => <span class="tag">{text.from(station())}</span>}</Show>
          <Show when={props.line.also}>
            {(stations) => <span class="tag">{text.also(stations().join(", "))}</span>}
          </Show>
          <Show when={partly()}>
            <span class="tag pieces">{text.pieces(props.line.done, props.line.quantity)}</span>
          </Show>
          <Show when={props.line.seat}>{(seat) => <span class="tag">{text.seat(seat())}</span>}</Show>
          <Show when={props.line.waits?.kind !== "course" && props.line.course}>
            {(course) => <span class="tag">{text.course(course())}</span>}
          </Show>
          <Cooking line={props.line} />
        </span>
        <When line={props.line} />
        <Show when={props.line.note_allergy && props.line.note}>{(note) => <Note text={note()} allergy />}</Show>
        <Modifiers of={props.line.modifiers} />
        <Show when={!props.line.note_allergy && props.line.note}>
          {(note) => <Note text={note()} allergy={false} />}
        </Show>
      </span>
      <span class="mark">
        <Show when={props.line.state === "done" || props.line.state === "bumped"}>
          <Check />
        </Show>
        <Show when={props.line.state === "voided" && !props.line.change}>
          <b>{text.voidMark}</b>
        </Show>
      </span>
    </>
  );
}

/** Pieces that are still wanted. */
function remaining(line: CardLine): number {
  return line.state === "voided" ? 0 : line.quantity;
}

/** When it is to be begun, so that everything is ready together. */
function When(props: { line: CardLine }): JSX.Element {
  const { text, now } = useKitchen();
  const later = () => (props.line.start?.kind === "later" ? props.line.start : undefined);
  return (
    <>
      <Show when={later()}>
        {(start) => (
          <span class="start">
            <Clock />
            <span>{text.startIn(minutesUntil(now(), start().at), start().with)}</span>
          </span>
        )}
      </Show>
      <Show when={props.line.start?.kind === "now"}>
        <span class="start now">
          <Flame />
          <span>{text.startNow}</span>
        </span>
      </Show>
    </>
  );
}

/** A line of another station: small, for the picture of the whole table. */
function Elsewhere(props: { line: CardLine }): JSX.Element {
  const { text } = useKitchen();
  const how = () => {
    switch (props.line.state) {
      case "queued":
        return text.waiting;
      case "started":
        return text.cooking;
      case "done":
      case "bumped":
        return text.done;
      case "voided":
        return text.voidMark;
    }
  };
  const done = () => props.line.state === "done" || props.line.state === "bumped";
  return (
    <li class="line elsewhere" classList={{ voided: props.line.state === "voided", nested: props.line.nested }}>
      <span class="quantity">{props.line.quantity}</span>
      <span class="what">
        <span class="item">{props.line.name}</span>
        <Show when={props.line.place.kind === "elsewhere" && props.line.place}>
          {(place) => <span class="where"> — {text.elsewhere(place(), how())}</span>}
        </Show>
      </span>
      <span class="mark">
        <Show when={done()}>
          <Check />
        </Show>
      </span>
    </li>
  );
}
