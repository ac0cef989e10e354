/** One ticket on the glass: whose it is and how late, what to cook, and BUMP. */

import { createSignal, createUniqueId, For, type JSX, onCleanup, onMount, Show } from "solid-js";
import type { Card } from "../generated/Card";
import type { NextCourse } from "../generated/NextCourse";
import type { Place } from "../generated/Place";
import type { Press } from "../generated/Press";
import { age, minutesUntil, wallClock } from "../i18n/format";
import { StationsProgress } from "../expo/StationsProgress";
import {
  Bolt,
  Check,
  Clock,
  Cross,
  Dots,
  Down,
  Flame,
  Hourglass,
  Pause,
  Right,
  Stack,
  Warning,
} from "../shell/Icons";
import { useKitchen } from "../shell/kitchen";
import { showMore, useFitter } from "./fit";
import { Line } from "./Line";
import { Note } from "./Modifiers";
import { BumpTable } from "./BumpTable";
import { TicketSheet } from "./TicketSheet";

export function Ticket(props: { place: Place }): JSX.Element {
  const { picture } = useKitchen();
  return (
    <Show when={picture.cards[props.place.card]}>{(card) => <Paper card={card()} place={props.place} />}</Show>
  );
}

function Paper(props: { card: Card; place: Place }): JSX.Element {
  const { picture, noticed, surprised, text, touch } = useKitchen();
  const fitter = useFitter();
  const title = createUniqueId();
  let article!: HTMLElement;
  let body!: HTMLDivElement;
  onMount(() => onCleanup(fitter.watch(article)));
  const [more, setMore] = createSignal(false);
  const openMore = touch.down(() => ({ run: () => setMore(true) }));
  const label = () => text.label(props.card.label, props.card.order_type);
  return (
    <article
      ref={article}
      class="ticket"
      data-order={props.card.order}
      data-card={props.card.id}
      classList={{
        surprised: surprised() === props.card.id,
        soon: props.card.urgency === "soon" && !props.card.voided,
        late: props.card.urgency === "late" && !props.card.voided,
        void: props.card.voided,
        held: props.card.held,
        others: props.card.taken?.whose === "others",
        joined: props.card.table !== undefined,
        early: props.card.start_at !== undefined && !props.card.held,
        selected: picture.head?.selected === props.card.id,
        fresh: props.card.fresh && !props.card.voided && !noticed(props.card.id),
      }}
      aria-labelledby={title}
      aria-current={picture.head?.selected === props.card.id ? "true" : undefined}
      style={{
        "grid-column": String(props.place.column),
        "grid-row": `${props.place.row} / span ${props.place.rows}`,
      }}
    >
      <TicketHead card={props.card} title={title} label={label()} />
      <TicketAbout card={props.card} />
      {/* Head and about open the same as the dots at the foot. */}
      <Show when={!props.card.voided}>
        <div class="handle" aria-hidden="true" ref={openMore} />
      </Show>
      <Allergies card={props.card} />
      <div class="body" ref={body}>
        <div class="lines">
          <Show when={props.card.problem}>
            {(problem) => (
              <p class="problem" role="alert">
                <Warning />
                <span>{text.fault(problem())}</span>
              </p>
            )}
          </Show>
          <Show when={props.card.part === 1 && props.card.progress}>
            {(stations) => <StationsProgress of={stations()} />}
          </Show>
          <Show when={props.card.note}>
            {(note) => (
              <p class="order-note">
                <Note text={note()} allergy={props.card.note_allergy} />
              </p>
            )}
          </Show>
          <ul>
            <For each={props.card.lines}>{(line) => <Line card={props.card} line={line} />}</For>
            <Show when={props.card.elsewhere_more > 0}>
              <li class="line elsewhere">
                <span class="quantity">+</span>
                <span class="what">{text.elsewhereMore(props.card.elsewhere_more)}</span>
              </li>
            </Show>
          </ul>
        </div>
      </div>
      <button type="button" class="more" ref={touch.down(() => ({ run: () => showMore(body) }))}>
        {text.more} <Down />
      </button>
      <Show
        when={props.card.part >= props.card.parts}
        fallback={
          <p class="foot continued">
            {text.continued} <Right />
          </p>
        }
      >
        <div class="base">
          <div class="feet">
            <Show when={waitingCourse(props.card)} fallback={<Bump card={props.card} label={label()} />}>
              {(course) => <Fire card={props.card} course={course()} />}
            </Show>
            <BumpTable card={props.card} />
          </div>
          <Show when={!props.card.voided}>
            <button type="button" class="dots" aria-label={text.moreOf(label())} ref={openMore}>
              <Dots />
            </button>
          </Show>
        </div>
      </Show>
      <Show when={more() && !props.card.voided}>
        <TicketSheet card={props.card} label={label()} close={() => setMore(false)} />
      </Show>
    </article>
  );
}

/** What it is called, and how pressing: colour, icon and word together. */
function TicketHead(props: { card: Card; title: string; label: string }): JSX.Element {
  const { text, now } = useKitchen();
  return (
    <header class="head">
      <h2 class="label" id={props.title}>
        <span>{props.label}</span>
      </h2>
      <Show when={props.card.parts > 1}>
        <span class="part">{text.part(props.card.part, props.card.parts)}</span>
      </Show>
      <Show when={props.card.table}>
        {(table) => (
          <span
            class="part table"
            role="img"
            aria-label={text.tableTicketOf(table().position, table().tickets, table().name)}
          >
            <Stack /> {text.tableTicket(table().position, table().tickets)}
          </span>
        )}
      </Show>
      <Rush card={props.card} />
      <span class="urgency">
        <Urgent card={props.card} />
        <span class="age">{age(now(), props.card.since)}</span>
      </span>
    </header>
  );
}

/** In the head; under it where a long name needs all of that (`long-label`). */
function Rush(props: { card: Card }): JSX.Element {
  const { text } = useKitchen();
  return (
    <Show when={props.card.rush && !props.card.voided}>
      <b class="rush">
        <Bolt />
        {text.rush}
      </b>
    </Show>
  );
}

function Urgent(props: { card: Card }): JSX.Element {
  const { text, now } = useKitchen();
  return (
    <>
      <Show when={props.card.voided}>
        <Cross />
        <span>{text.voidMark}</span>
      </Show>
      <Show when={props.card.held && !props.card.voided}>
        <Pause />
        <span>
          {text.hold}
          <Show when={props.card.held_until}>
            {(until) => <> {text.inMinutes(minutesUntil(now(), until()))}</>}
          </Show>
        </span>
      </Show>
      <Show when={!props.card.voided && !props.card.held && props.card.urgency === "fresh" && props.card.start_at}>
        {(at) => (
          <span class="starts">
            <Clock /> {text.startLater(minutesUntil(now(), at()))}
          </span>
        )}
      </Show>
      <Show when={!props.card.voided && props.card.urgency === "late"}>
        <Warning />
        <span>{text.late}</span>
      </Show>
      <Show when={!props.card.voided && props.card.urgency === "soon"}>
        <Clock />
        <span>{text.soon}</span>
      </Show>
    </>
  );
}

/** How it reaches its guest and what else is known of it; what is pressing stands on the right. */
function TicketAbout(props: { card: Card }): JSX.Element {
  const { text, wall } = useKitchen();
  const about = () =>
    [props.card.server, props.card.guests === null ? null : text.guests(props.card.guests)]
      .filter(Boolean)
      .join(" · ");
  const pressing = () => {
    if (props.card.courier !== null || props.card.courier_at !== null) {
      const time = props.card.courier_at === null ? null : wallClock(props.card.courier_at, wall());
      return text.courier(props.card.courier, time);
    }
    return props.card.promised_at === null ? undefined : text.due(wallClock(props.card.promised_at, wall()));
  };
  return (
    <div class="about">
      <span class="known">
        <span>
          {text.orderTypes[props.card.order_type]} · <b>{text.number(props.card.number)}</b>
          <Show when={about()}> · {about()}</Show>
        </span>
      </span>
      <span class="marks">
        <Show when={props.card.pending}>
          <span class="pending" role="img" aria-label={text.sending}>
            <Hourglass />
          </span>
        </Show>
        <Show when={props.card.taken_at}>
          {(taken) => <span class="taken">{text.takenAt(wallClock(taken(), wall()))}</span>}
        </Show>
        <Show when={!props.card.voided && props.card.done_at}>
          {(at) => (
            <b class="together">
              <Clock /> {text.doneTogether(wallClock(at(), wall()))}
            </b>
          )}
        </Show>
        <Show when={pressing()}>{(words) => <b>{words()}</b>}</Show>
        <Rush card={props.card} />
        <Show when={props.card.fresh && !props.card.voided}>
          <b class="new">{text.fresh}</b>
        </Show>
      </span>
    </div>
  );
}

/** What nobody may have to look for: shown above the lines as soon as some of them are behind "more". */
function Allergies(props: { card: Card }): JSX.Element {
  const { text } = useKitchen();
  const all = () => allergiesOf(props.card, text.quoted).join(", ");
  return (
    <Show when={all()}>
      {(words) => (
        <p class="allergies" aria-hidden="true">
          <Warning /> {text.allergy(words())}
        </p>
      )}
    </Show>
  );
}

/** Every allergy that the card speaks of, each once. */
export function allergiesOf(card: Card, quoted: (note: string) => string): string[] {
  const notes = (of: { note: string | null; note_allergy: boolean }) =>
    of.note !== null && of.note_allergy ? [quoted(of.note)] : [];
  const lines = card.lines.filter((line) => line.state !== "bumped" && line.state !== "voided");
  const modifiers = lines.flatMap((line) => line.modifiers.filter(({ class: is }) => is === "allergy"));
  return [...new Set([...notes(card), ...modifiers.map(({ text }) => text), ...lines.flatMap(notes)])];
}

function Bump(props: { card: Card; label: string }): JSX.Element {
  const { picture, text, touch, press } = useKitchen();
  const key = () => `${props.card.id}/bump`;
  const progress = () => (props.card.done > 0 ? text.progress(props.card.done, props.card.total) : undefined);
  const waits = () => (props.card.voided ? undefined : props.card.waits_for);
  const taken = () => (props.card.voided ? undefined : props.card.taken);
  // Without a hub nobody knows whether the other screen is still there: then whoever stands here does it.
  const others = () => {
    const held = taken();
    return held?.whose === "others" && picture.connection?.state === "live" ? held : undefined;
  };
  const free = () => taken()?.whose === "nobodys";
  const blocked = () => waits() !== undefined || others() !== undefined;
  const word = () => {
    const names = waits();
    const other = others();
    if (other) return text.takenBy(other.screen ?? undefined);
    if (free()) return text.take;
    if (names) return text.waitsFor(names.join(", "));
    return props.card.voided ? text.seen : text.bump;
  };
  const finished = () => !waits() && props.card.total > 0 && props.card.done >= props.card.total;
  return (
    <button
      type="button"
      class="foot bump"
      classList={{
        down: picture.pressed[key()],
        finished: finished(),
        blocked: blocked(),
        take: free() && !blocked(),
      }}
      disabled={blocked()}
      ref={touch.down(() => {
        const { order, seen, bump } = props.card;
        if (free()) return { bounces: true, run: () => press(key(), { press: "take", order, seen }) };
        const what: Press = { press: "bump", order, seen, lines: bump.map(({ line, upto }) => ({ line, upto })) };
        const held = key();
        return { bounces: true, run: () => press(held, what) };
      })}
    >
      <Show when={finished() && !props.card.voided}>
        <Check />
      </Show>
      <span class="word">
        {word()}
        <span class="heard"> {props.label} </span>
      </span>
      <Show when={progress()}>{(words) => <span class="progress">{words()}</span>}</Show>
    </button>
  );
}

/** The course that a hand has to fire, where nothing else is left to do. */
export function waitingCourse(card: Card): NextCourse | undefined {
  return card.bump.length === 0 && !card.voided ? card.next_course : undefined;
}

/** In the place of BUMP. */
function Fire(props: { card: Card; course: NextCourse }): JSX.Element {
  const { picture, text, touch, press, now } = useKitchen();
  const key = () => `${props.card.id}/fire`;
  return (
    <button
      type="button"
      class="foot bump fire"
      classList={{ down: picture.pressed[key()] }}
      ref={touch.down(() => {
        const { order, seen } = props.card;
        const { number: course } = props.course;
        const held = key();
        return { bounces: true, run: () => press(held, { press: "fire", order, seen, course }) };
      })}
    >
      <Flame />
      <span class="word">{text.fireCourse(props.course.name ?? text.course(props.course.number))}</span>
      <Show when={props.course.fires_at}>
        {(at) => <span class="progress">{text.inMinutes(minutesUntil(now(), at()))}</span>}
      </Show>
    </button>
  );
}
