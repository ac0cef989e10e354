/**
 * The voice panel: which microphone, how loud it is and how the button is used; and, for whoever looks for a fault, how the
 * peer is, what was said and how each turn went. The kitchen makes the diagnosis only while it is open.
 */

import { createEffect, createSignal, For, type JSX, onCleanup, Show } from "solid-js";
import type { Talk } from "../generated/Talk";
import type { TalkMode } from "../generated/TalkMode";
import type { VoicePanel } from "../generated/VoicePanel";
import { wallClock } from "../i18n/format";
import { Warning } from "../shell/Icons";
import { useKitchen } from "../shell/kitchen";
import { Sheet } from "../shell/Sheet";
import { TalkButton } from "./TalkButton";

const MODES: readonly TalkMode[] = ["hold", "toggle"];
const PAGES = ["microphone", "diagnosis"] as const;

export function VoiceSheet(props: { close: () => void }): JSX.Element {
  const { picture, text, talking, mounts } = useKitchen();
  const [page, setPage] = createSignal<(typeof PAGES)[number]>("microphone");
  // A view that was mounted anew knows nothing of the panel.
  createEffect(() => {
    mounts();
    talking.say({ talk: "panel", open: true });
  });
  onCleanup(() => talking.say({ talk: "panel", open: false }));
  return (
    <Sheet title={text.voice.title} close={props.close}>
      <div class="choices inline voice-pages" role="group" aria-label={text.voice.title}>
        <For each={PAGES}>
          {(name) => (
            <button type="button" class="button" aria-pressed={page() === name} onClick={() => setPage(name)}>
              {text.voice.pages[name]}
            </button>
          )}
        </For>
      </div>
      <Show when={picture.talk}>
        {(talk) => (
          <>
            <Show when={talk().fault}>
              {(fault) => (
                <p class="trouble" role="alert">
                  <Warning /> {text.fault(fault())}
                </p>
              )}
            </Show>
            <div class="voice-page">
              <Show when={talk().panel} fallback={<p class="quiet">{text.voice.waiting}</p>}>
                {(panel) => (
                  <Show when={page() === "microphone"} fallback={<Diagnosis panel={panel()} />}>
                    <MicrophonePage talk={talk()} panel={panel()} />
                  </Show>
                )}
              </Show>
            </div>
          </>
        )}
      </Show>
    </Sheet>
  );
}

/** What a cook sets and tries. */
function MicrophonePage(props: { talk: Talk; panel: VoicePanel }): JSX.Element {
  const { text, talking } = useKitchen();
  const choose = (id: string | undefined) =>
    talking.say(id === undefined ? { talk: "microphone" } : { talk: "microphone", id });
  const last = () => props.panel.transcripts.find(({ by_peer: byPeer }) => !byPeer)?.words;
  return (
    <div class="sections">
      <div class="setting" role="group" aria-label={text.voice.microphone}>
        <h3>{text.voice.microphone}</h3>
        <div class="choices microphones">
          <button
            type="button"
            class="button"
            aria-pressed={props.panel.chosen === undefined}
            onClick={() => choose(undefined)}
          >
            {text.voice.standard}
          </button>
          <For each={props.panel.devices}>
            {({ id, name }) => (
              <button
                type="button"
                class="button"
                aria-pressed={props.panel.chosen === id}
                onClick={() => choose(id)}
              >
                {name}
              </button>
            )}
          </For>
        </div>
      </div>
      <div class="setting">
        <div role="group" aria-label={text.voice.mode}>
          <h3>{text.voice.mode}</h3>
          <div class="choices inline">
            <For each={MODES}>
              {(mode) => (
                <button
                  type="button"
                  class="button"
                  aria-pressed={props.talk.mode === mode}
                  onClick={() => talking.say({ talk: "mode", mode })}
                >
                  {text.voice.modes[mode]}
                </button>
              )}
            </For>
          </div>
        </div>
        <div>
          <h3 id="voice-level">
            {props.panel.microphone === "ready" && props.panel.heard
              ? text.voice.hearing(props.panel.heard)
              : text.voice.states[props.panel.microphone]}
          </h3>
          <Level level={props.panel.level} />
          <p class="quiet">{text.voice.levelHint}</p>
        </div>
        <div class="try" role="group" aria-label={text.voice.test}>
          <TalkButton talk={props.talk} />
          <p>
            <span class="quiet">{text.voice.testHint}</span>
            <br />
            <b>{last() ? text.quoted(last() ?? "") : text.voice.nothingHeard}</b>
          </p>
        </div>
      </div>
    </div>
  );
}

function Level(props: { level: number }): JSX.Element {
  return (
    <div
      class="level"
      role="meter"
      aria-labelledby="voice-level"
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow={props.level}
    >
      <span style={{ transform: `scaleX(${props.level / 100})` }} />
    </div>
  );
}

/** What is needed on the telephone. */
function Diagnosis(props: { panel: VoicePanel }): JSX.Element {
  const { text, talking, wall } = useKitchen();
  const ms = (value: number | undefined) => (value === undefined ? text.notMeasured : text.milliseconds(value));
  return (
    <>
      <div class="sections">
        <dl class="facts">
          <dt>{text.voice.understanding}</dt>
          <dd>{props.panel.peer_host || text.voice.peerHere}</dd>
          <dt>{text.connection}</dt>
          <dd classList={{ trouble: props.panel.peer === "refused" }}>{text.voice.peer[props.panel.peer]}</dd>
          <Show when={props.panel.reason}>
            {(reason) => (
              <>
                <dt>{text.voice.reason}</dt>
                <dd class="trouble">{reason()}</dd>
              </>
            )}
          </Show>
          <dt>{text.voice.decides}</dt>
          <dd>{text.voice.decidesFor[props.panel.decides ? "commands" : "words"]}</dd>
        </dl>
        <dl class="facts figures">
          <dt>{text.voice.confirmed}</dt>
          <dd>{ms(props.panel.round_trip_ms)}</dd>
          <dt>{text.voice.wordsAfter}</dt>
          <dd>{ms(props.panel.words_after_ms)}</dd>
          <dt>{text.voice.packets}</dt>
          <dd>{props.panel.packets}</dd>
          <dt>{text.voice.sessions}</dt>
          <dd>{props.panel.sessions}</dd>
          <dt>{text.voice.unread}</dt>
          <dd>{props.panel.unread}</dd>
        </dl>
      </div>
      <div class="sections">
        <div class="setting">
          <h3>{text.voice.said}</h3>
          <ul class="log" data-scroll tabindex="0" aria-label={text.voice.said}>
            <For each={props.panel.transcripts} fallback={<li>{text.voice.nothingHeard}</li>}>
              {(said) => (
                <li>
                  <time>{wallClock(said.at, wall())}</time>
                  <span class="by">{text.voice.by[said.by_peer ? "peer" : "cook"]}</span>
                  <span>{text.quoted(said.words)}</span>
                </li>
              )}
            </For>
          </ul>
        </div>
        <div class="setting">
          <h3>{text.voice.turns}</h3>
          <ul class="log" data-scroll tabindex="0" aria-label={text.voice.turns}>
            <For each={props.panel.turns} fallback={<li>{text.voice.nothingHeard}</li>}>
              {(turn) => (
                <li>
                  <time>{wallClock(turn.at, wall())}</time>
                  <span>
                    {text.voice.turnStep(turn.turn, turn.from, turn.to)} <span class="by">{turn.cause}</span>
                  </span>
                </li>
              )}
            </For>
          </ul>
        </div>
      </div>
      <div class="choices inline">
        <button type="button" class="button" onClick={() => talking.say({ talk: "reset" })}>
          {text.voice.reset}
        </button>
        <p classList={{ quiet: !props.panel.stuck, trouble: props.panel.stuck }}>
          {props.panel.stuck ? `${text.voice.stuck} ` : ""}
          {text.voice.resetHint}
        </p>
      </div>
    </>
  );
}
