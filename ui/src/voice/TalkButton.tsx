/** The button to talk. It stands where it stands whatever it shows, and is as large as a finger in a hurry needs. */

import { type JSX, Match, Switch } from "solid-js";
import type { Talk } from "../generated/Talk";
import { Hourglass, Microphone, NoMicrophone, Sound, Unplugged } from "../shell/Icons";
import { useKitchen } from "../shell/kitchen";
import { lookOf } from "./strip";

export function TalkButton(props: { talk: Talk }): JSX.Element {
  const { text, touch, talking } = useKitchen();
  const { hand } = talking;
  const look = () => lookOf(props.talk);
  const word = () => {
    const now = look();
    if (now === "no_microphone") return text.talk.noMicrophone;
    return now === "no_voice" ? text.talk.noVoice : text.talk.button[now];
  };
  return (
    <button
      type="button"
      class="talk"
      classList={{ [look()]: true, down: hand.held() }}
      aria-pressed={look() === "listening"}
      title={text.talk.how[props.talk.mode]}
      ref={touch.hold(() => ({
        begin: () => hand.down("finger"),
        end: () => hand.up("finger"),
        click: () => hand.click(),
      }))}
    >
      <span class="sign">
        <Switch fallback={<Microphone />}>
          <Match when={look() === "listening"}>
            <Sound />
          </Match>
          <Match when={look() === "sending" || look() === "thinking"}>
            <Hourglass />
          </Match>
          <Match when={look() === "no_microphone"}>
            <NoMicrophone />
          </Match>
          <Match when={look() === "no_voice"}>
            <Unplugged />
          </Match>
        </Switch>
      </span>
      <span class="word">{word()}</span>
    </button>
  );
}
