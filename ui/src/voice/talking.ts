/**
 * Talking, as this page has it: the hand on the button, what stands in the bar, and what is told to the kitchen. It holds
 * nothing that the kitchen behind the page does not know, but for who presses just now and who wants to know why
 * nothing can be said.
 */

import { type Accessor, createMemo, createSignal, onCleanup } from "solid-js";
import type { Fault } from "../generated/Fault";
import type { Talk } from "../generated/Talk";
import type { TalkPress } from "../generated/TalkPress";
import { createHand, type Hand } from "./hand";
import { type Strip, stripOf } from "./strip";

/** How long the reason stands there. */
const WHY_MS = 8_000;

export interface Talking {
  hand: Hand;
  strip: Accessor<Strip | undefined>;
  say(press: TalkPress): void;
  forgetWhy(): void;
}

/** `tell` brings a press to the kitchen, and its refusal back; `fail` is told what was refused. */
export function createTalking(
  talk: () => Talk | undefined,
  tell: (press: TalkPress) => Promise<Fault | undefined>,
  fail: (fault: Fault) => void,
): Talking {
  const [asksWhy, setAsksWhy] = createSignal(false);
  let timer: ReturnType<typeof setTimeout> | undefined;

  function forgetWhy(): void {
    clearTimeout(timer);
    setAsksWhy(false);
  }

  function say(press: TalkPress): void {
    if (press.talk === "down" && talk()?.fault) {
      clearTimeout(timer);
      setAsksWhy(true);
      timer = setTimeout(forgetWhy, WHY_MS);
    }
    void tell(press).then((fault) => {
      // That of a fault that stands is in the frame already, and that a panel cannot be opened is seen in it.
      if (fault && fault.code !== talk()?.fault?.code && press.talk !== "panel") fail(fault);
    });
  }

  onCleanup(() => clearTimeout(timer));
  return {
    hand: createHand(say, () => talk()?.mode ?? "hold"),
    strip: createMemo(() => stripOf(talk(), asksWhy())),
    say,
    forgetWhy,
  };
}
