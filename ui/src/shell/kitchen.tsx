/**
 * What every part of the page needs of the kitchen: the picture, the hub's clock, and the hands that press.
 *
 * It holds nothing that the kitchen behind the page does not know, but for what only a page can know: what is pressed
 * and not answered yet, what went wrong with a touch of this very screen, and which new orders somebody has seen here.
 */

import { type Accessor, createContext, createSignal, onCleanup, useContext } from "solid-js";
import { keepFocus } from "../board/focus";
import { Moves } from "../board/moves";
import { changeKey, createCanvas, type Picture } from "../board/picture";
import { Touch } from "../board/touch";
import type { At } from "../generated/At";
import type { Fault } from "../generated/Fault";
import type { Go } from "../generated/Go";
import type { Press } from "../generated/Press";
import { en, type Language } from "../i18n/en";
import type { Backend } from "../ipc/backend";
import { LiveView, type Phase } from "../ipc/live_view";
import { createTalking, type Talking } from "../voice/talking";
import { createHubClock } from "./clock";
import { type Plan, planOf } from "./glass";

/** The pressed look stays at most this long after the answer when no frame follows it. */
const LOOK_MS = 250;
/** How long a card shows that a touch came too soon after it moved. */
const SURPRISE_MS = 700;
/** How long a fault of a touch stays on the glass. */
const FAULT_MS = 8_000;

/** What can lie over the board. */
export type SheetName = "station" | "settings" | "sounds" | "connection" | "voice" | "closing" | "house";

export interface Kitchen {
  picture: Picture;
  now: Accessor<At>;
  phase: Accessor<Phase>;
  plan: Accessor<Plan>;
  view: LiveView;
  /** How often the view was mounted. */
  mounts: Accessor<number>;
  talking: Talking;
  touch: Touch;
  text: Language;
  /** Sends a press; `key` looks pressed until its word is there. */
  press(key: string, press: Press): void;
  go(go: Go): void;
  /** The last touch of this screen that failed, for a while. */
  failed: Accessor<Fault | undefined>;
  forgetFailed(): void;
  /** Whether somebody has touched the glass since this card, or this change of a line, came. */
  noticed(key: string): boolean;
  /** The card that a touch was not meant for: it had only just come there. */
  surprised: Accessor<string | undefined>;
  /** The sheet that lies over the board. */
  sheet: Accessor<SheetName | undefined>;
  showSheet(name: SheetName | undefined): void;
  /** An hour of the restaurant's own clock. */
  wall: Accessor<number>;
}

const KitchenContext = createContext<Kitchen>();

export const KitchenProvider = KitchenContext.Provider;

export function useKitchen(): Kitchen {
  const kitchen = useContext(KitchenContext);
  if (!kitchen) throw new Error("outside of the kitchen");
  return kitchen;
}

/** What failed stays to be read, and its button to be touched, while it is tried again. */
function stays(held: Phase, next: Phase): boolean {
  if (next.phase === "live") return held.phase === "live";
  return held.phase === "failed" && next.phase === "mounting";
}

export function createKitchen(backend: Backend): Kitchen {
  const canvas = createCanvas();
  const { picture } = canvas;
  const clock = createHubClock();
  const [phase, setPhase] = createSignal<Phase>({ phase: "mounting" });
  const [failed, setFailed] = createSignal<Fault>();
  const [mounts, setMounts] = createSignal(0);
  const [sheet, setSheet] = createSignal<SheetName>();
  const [noticed, setNoticed] = createSignal<ReadonlySet<string>>(new Set());
  const [size, setSize] = createSignal({ width: innerWidth, height: innerHeight });
  const plan = () => {
    const { width, height } = size();
    return planOf(width, height, picture.head?.glass, { width: screen.width, height: screen.height });
  };

  /** Keys whose press is answered and that wait for the frame with its outcome. */
  const answered = new Set<string>();
  let frames = 0;
  const release = (key: string): void => {
    if (answered.delete(key)) canvas.release(key);
  };

  const view = new LiveView(backend, {
    frame(frame, received) {
      frames += 1;
      if (frame.base === undefined) setMounts((count) => count + 1);
      const before = picture.places.map((place) => ({ ...place }));
      const orders = new Map(before.map(({ card }) => [card, picture.cards[card]?.order]));
      const keep = keepFocus();
      canvas.apply(frame);
      keep();
      if (frame.places) {
        const orderOf = (card: string) => picture.cards[card]?.order ?? orders.get(card);
        moves.move(before, picture.places, orderOf, performance.now());
      }
      clock.anchor(frame.now, received, picture.head?.pace);
      for (const key of answered) release(key);
    },
    phase: (next) => setPhase((held) => (stays(held, next) ? held : next)),
  });

  const moves = new Moves();
  const [surprised, setSurprised] = createSignal<string>();
  let surprisedTimer: ReturnType<typeof setTimeout> | undefined;
  function surprise(element: Element, at: number): boolean {
    const card = element.closest<HTMLElement>("[data-card]")?.dataset["card"];
    if (card === undefined || !moves.isUnseen(card, at)) return false;
    setSurprised(card);
    clearTimeout(surprisedTimer);
    surprisedTimer = setTimeout(() => setSurprised(undefined), SURPRISE_MS);
    return true;
  }

  let failedTimer: ReturnType<typeof setTimeout> | undefined;
  function fail(fault: Fault): void {
    setFailed(fault);
    clearTimeout(failedTimer);
    failedTimer = setTimeout(() => setFailed(undefined), FAULT_MS);
  }

  const talking = createTalking(
    () => picture.talk,
    (what) => view.talk(what),
    fail,
  );

  async function press(key: string, what: Press): Promise<void> {
    if (picture.pressed[key]) return;
    canvas.hold(key);
    // A key names no order: it means the selected card, or some order of before.
    moves.own("order" in what ? what.order : undefined, performance.now());
    const before = frames;
    const answer = await view.press(what);
    if (answer.answer === "gone") return;
    answered.add(key);
    const shown = frames > before || answer.answer === "refused" || answer.pressed.operation === null;
    if (shown) release(key);
    else setTimeout(() => release(key), LOOK_MS);
    if (answer.answer === "refused") fail(answer.fault);
  }

  function noticeAll(): void {
    const cards = picture.places.flatMap((place) => picture.cards[place.card] ?? []);
    const fresh = cards.filter((card) => card.fresh).map((card) => card.id);
    const changed = cards.flatMap((card) =>
      card.lines.filter((line) => line.change).map((line) => changeKey(card, line)),
    );
    const seen = [...fresh, ...changed];
    if (seen.some((key) => !noticed().has(key))) setNoticed(new Set(seen));
  }

  const resized = (): void => {
    setSize({ width: innerWidth, height: innerHeight });
  };
  const leave = (): void => {
    talking.hand.lost();
    view.close();
  };
  addEventListener("resize", resized);
  addEventListener("pagehide", leave);
  onCleanup(() => {
    removeEventListener("resize", resized);
    removeEventListener("pagehide", leave);
    clearTimeout(failedTimer);
    clearTimeout(surprisedTimer);
    clock.stop();
    leave();
  });

  return {
    picture,
    now: clock.now,
    phase,
    plan,
    view,
    mounts,
    talking,
    touch: new Touch(() => plan().mm, noticeAll, surprise),
    text: en,
    press: (key, what) => void press(key, what),
    go(go) {
      moves.own(undefined, performance.now());
      void view.go(go).then((fault) => fault && fail(fault));
    },
    surprised,
    failed,
    forgetFailed: () => setFailed(undefined),
    noticed: (key) => noticed().has(key),
    sheet,
    showSheet: (name) => void setSheet(name),
    wall: () => picture.head?.utc_offset_minutes ?? 0,
  };
}
