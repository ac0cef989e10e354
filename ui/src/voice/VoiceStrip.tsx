/**
 * What was said and what came of it, in the bar at the bottom: the words as they were heard, a question with its
 * answers to touch, or an answer as large as the bar allows. It has its place in the bar, so that it neither covers a
 * BUMP nor moves one.
 */

import {
  createEffect,
  createMemo,
  createSignal,
  For,
  type JSX,
  Match,
  on,
  onCleanup,
  onMount,
  Show,
  Switch,
} from "solid-js";
import type { Outcome } from "../generated/Outcome";
import type { Said } from "../generated/Said";
import type { SpokenAct } from "../generated/SpokenAct";
import type { SpokenAnswer } from "../generated/SpokenAnswer";
import { Check, Hourglass, Microphone, NoMicrophone, Question, Sound, Unplugged, Warning } from "../shell/Icons";
import { useKitchen } from "../shell/kitchen";
import { keepFitted } from "./shrink";
import { lookOf, roomOf, type Strip } from "./strip";

/** A finger that was on its way to something else does not answer a question that has just come under it. */
const UNSEEN_MS = 400;

export function VoiceStrip(props: { strip: Strip }): JSX.Element {
  const said = () => (props.strip.strip === "said" ? props.strip.said : undefined);
  const turn = () => (props.strip.strip === "turn" ? props.strip.turn : undefined);
  return (
    <div class="spoken" data-room={roomOf(props.strip)} data-kind={kindOf(props.strip)}>
      <Switch>
        <Match when={turn()}>{(now) => <UnderWay turn={now()} />}</Match>
        <Match when={props.strip.strip === "cannot"}>
          <Cannot />
        </Match>
        {/* Each thing said is a strip of its own: what was touched of the one before is not touched of it. */}
        <Match keyed when={said()}>
          {(held) => <SaidStrip said={held} />}
        </Match>
      </Switch>
    </div>
  );
}

/** Aloud, for who does not see the strip: the words, and what came of them. */
export function SaidAloud(): JSX.Element {
  const { picture, text, talking } = useKitchen();
  const words = () => {
    const strip = talking.strip();
    switch (strip?.strip) {
      case undefined:
        return "";
      case "turn":
        return text.talk.button[strip.turn];
      case "cannot":
        return text.fault(strip.fault);
      case "said":
        return `${text.talk.heardSay(strip.said.words)} ${outcomeAloud(strip.said)}`;
    }
  };
  function outcomeAloud({ outcome, words: heard }: Said): string {
    switch (outcome.kind) {
      case "done":
        return text.talk.did(outcome.act);
      case "asked":
        return [text.talk.didYouMean, ...outcome.choices.map((act) => spelled(act))].join(", ");
      case "answered": {
        const { lead, rest } = text.talk.answer(outcome.answer);
        return [lead, rest.join(", ")].join(" ");
      }
      case "not_understood":
        return text.talk.notUnderstood(heard, picture.talk?.mode ?? "hold");
      case "dropped":
        return text.talk.nothingDone;
      case "failed":
        return text.fault(outcome.fault);
    }
  }
  const spelled = (act: SpokenAct) => `${text.talk.verbs[act.verb]} ${text.talk.object(act)}`;
  return (
    <p class="heard" role="status">
      {words()}
    </p>
  );
}

function kindOf(strip: Strip): string {
  if (strip.strip === "said") return strip.said.outcome.kind;
  return strip.strip === "turn" ? strip.turn : "failed";
}

function UnderWay(props: { turn: "listening" | "sending" | "thinking" }): JSX.Element {
  const { picture, text } = useKitchen();
  const means = () => {
    const { turn } = text.talk;
    return props.turn === "listening" ? turn.listening[picture.talk?.mode ?? "hold"] : turn[props.turn];
  };
  return (
    <>
      <Show when={props.turn === "listening"} fallback={<Hourglass />}>
        <Sound />
      </Show>
      <Fitted>
        <b class="caption">{text.talk.button[props.turn].toUpperCase()}</b> {means()}
      </Fitted>
    </>
  );
}

/** Why nobody can speak, and what to do. */
function Cannot(): JSX.Element {
  const { picture, text, talking, showSheet, touch } = useKitchen();
  /** The kitchen says it as well, as what came of that press. */
  const forget = () => {
    talking.forgetWhy();
    const said = picture.talk?.said;
    if (said?.outcome.kind === "failed") talking.say({ talk: "dismiss", said: said.id });
  };
  return (
    <Show when={picture.talk?.fault}>
      {(fault) => (
        <>
          <Show when={picture.talk && lookOf(picture.talk) === "no_microphone"} fallback={<Unplugged />}>
            <NoMicrophone />
          </Show>
          <Fitted>{text.fault(fault())}</Fitted>
          <button
            type="button"
            class="button"
            ref={touch.down(() => ({
              run: () => {
                forget();
                showSheet("voice");
              },
            }))}
          >
            <Microphone /> {text.talk.openPanel}
          </button>
          <button type="button" class="button" ref={touch.down(() => ({ run: forget }))}>
            {text.dismiss}
          </button>
        </>
      )}
    </Show>
  );
}

function SaidStrip(props: { said: Said }): JSX.Element {
  const { picture, text } = useKitchen();
  const outcome = <K extends Outcome["kind"]>(kind: K) =>
    props.said.outcome.kind === kind ? (props.said.outcome as Extract<Outcome, { kind: K }>) : undefined;
  return (
    <Switch>
      <Match when={outcome("done")}>{(done) => <Done said={props.said} act={done().act} />}</Match>
      <Match when={outcome("dropped")}>
        <Check />
        <Fitted>
          <Heard said={props.said} /> <span class="outcome">{text.talk.nothingDone}</span>
        </Fitted>
      </Match>
      <Match when={outcome("asked")}>{(asked) => <Asked said={props.said} choices={asked().choices} />}</Match>
      <Match when={outcome("answered")}>
        {(answered) => (
          <>
            <Fitted class="aside">
              <Heard said={props.said} />
            </Fitted>
            <Answer answer={answered().answer} />
            <Dismiss said={props.said} />
          </>
        )}
      </Match>
      <Match when={outcome("not_understood")}>
        <Question />
        <Fitted class="aside">
          <b class="caption">{text.talk.notUnderstoodMark}</b>{" "}
          <span class="said">{text.talk.quoted(props.said.words)}</span>
        </Fitted>
        <Fitted>{text.talk.notUnderstood(props.said.words, picture.talk?.mode ?? "hold")}</Fitted>
        <Dismiss said={props.said} />
      </Match>
      <Match when={outcome("failed")}>
        {(failed) => (
          <>
            <Warning />
            <Fitted class="aside">
              <b class="caption">{text.talk.notDone}</b>{" "}
              <span class="said">{text.talk.quoted(props.said.words)}</span>
            </Fitted>
            <Fitted>{text.fault(failed().fault)}</Fitted>
            <Dismiss said={props.said} />
          </>
        )}
      </Match>
    </Switch>
  );
}

function Heard(props: { said: Said }): JSX.Element {
  const { text } = useKitchen();
  return (
    <>
      <b class="caption">{text.talk.heard(props.said.took_ms)}</b>{" "}
      <span class="said">{text.talk.quoted(props.said.words)}</span>
    </>
  );
}

/** The words; and what they did, unless the offer to undo beside them says it already. */
function Done(props: { said: Said; act: SpokenAct }): JSX.Element {
  const { picture, text } = useKitchen();
  const offered = () => {
    const toast = picture.toasts.at(-1);
    if (!toast) return false;
    const { label, order_type: type, items } = props.act;
    return text.label(toast.label, toast.order_type) === (label ? text.label(label, type ?? "dine_in") : items[0]);
  };
  return (
    <>
      <Check />
      <Fitted>
        <Heard said={props.said} />
        <Show when={!offered()}>
          {" "}
          <span class="outcome">{text.talk.did(props.act)}</span>
        </Show>
      </Fitted>
    </>
  );
}

function Asked(props: { said: Said; choices: SpokenAct[] }): JSX.Element {
  const { text, touch, talking } = useKitchen();
  const [chosen, setChosen] = createSignal<number>();
  const since = performance.now();
  /** `none` of them is the place after the last. */
  const answer = (choice: number | undefined) =>
    touch.down(() => {
      if (chosen() !== undefined || performance.now() - since < UNSEEN_MS) return undefined;
      const { id } = props.said;
      return {
        bounces: true,
        run: () => {
          setChosen(choice ?? props.choices.length);
          talking.say(choice === undefined ? { talk: "dismiss", said: id } : { talk: "choose", said: id, choice });
        },
      };
    });
  return (
    <>
      <Fitted class="aside">
        <b class="caption">
          <Question /> {text.talk.didYouMean}
        </b>{" "}
        <span class="said">{text.talk.quoted(props.said.words)}</span>
      </Fitted>
      <div class="answers" role="group" aria-label={text.talk.didYouMean}>
        <For each={props.choices}>
          {(act, place) => (
            <button
              type="button"
              class="choice"
              classList={{ down: chosen() === place() }}
              ref={(element) => answer(place())(element)}
            >
              <Fitted>
                <span class="verb">{text.talk.verbs[act.verb]}</span>{" "}
                <span class="object">{text.talk.object(act)}</span>
              </Fitted>
            </button>
          )}
        </For>
        <button
          type="button"
          class="choice none"
          classList={{ down: chosen() === props.choices.length }}
          aria-label={text.talk.noneOf}
          ref={answer(undefined)}
        >
          {text.talk.none}
        </button>
      </div>
    </>
  );
}

/** The answer: as large as it can be; what is too long for the smallest letters ends with how many more there are. */
function Answer(props: { answer: SpokenAnswer }): JSX.Element {
  const { text, plan } = useKitchen();
  const answer = createMemo(() => text.talk.answer(props.answer));
  const [shown, setShown] = createSignal(Number.POSITIVE_INFINITY);
  createEffect(on([answer, plan], ([{ rest }]) => setShown(rest.length)));
  const more = () => answer().rest.length - shown();
  return (
    <Fitted class="answer" drop={() => setShown((count) => Math.max(0, count - 1)) > 0}>
      <b>{answer().lead}</b>
      <For each={answer().rest.slice(0, shown())}>
        {(part, n) => (
          <>
            {" "}
            <span class="chunk">{n() < answer().rest.length - 1 ? text.talk.and(part) : part}</span>
          </>
        )}
      </For>
      <Show when={more() > 0}>
        {" "}
        <span class="chunk">{text.talk.andMore(more())}</span>
      </Show>
    </Fitted>
  );
}

function Dismiss(props: { said: Said }): JSX.Element {
  const { text, touch, talking } = useKitchen();
  return (
    <button
      type="button"
      class="button"
      ref={touch.down(() => {
        const { id } = props.said;
        return { run: () => talking.say({ talk: "dismiss", said: id }) };
      })}
    >
      {text.dismiss}
    </button>
  );
}

/** Words that become smaller rather than be cut. */
function Fitted(props: { class?: string; drop?: () => boolean; children: JSX.Element }): JSX.Element {
  let box!: HTMLSpanElement;
  let words!: HTMLSpanElement;
  onMount(() => onCleanup(keepFitted(box, words, props.drop)));
  return (
    <span class={`fitted ${props.class ?? ""}`} ref={box}>
      <span class="run" ref={words}>
        {props.children}
      </span>
    </span>
  );
}
