/**
 * One page's view of the kitchen: mounts it, pulls its frames in order, and carries presses the other way.
 *
 * The invariant: the sink gets a whole picture first, then every later change once and in order; a gap, another
 * mount or a silence leads to a new whole picture. Each attempt to mount is a generation; an answer of an earlier
 * generation, and any answer after `close`, is dropped without a trace. No promise handed out here ever rejects
 * except `mount`, whose caller asked for exactly that.
 */

import type { Fault } from "../generated/Fault";
import type { Frame } from "../generated/Frame";
import type { Go } from "../generated/Go";
import type { Grid } from "../generated/Grid";
import type { Press } from "../generated/Press";
import type { Pressed } from "../generated/Pressed";
import type { TalkPress } from "../generated/TalkPress";
import { type Backend, type Cursor, faultOf } from "./backend";

/** A pull is answered within some 12 s even when nothing happens; past this the kitchen behind the page is not well. */
export const SILENCE_MS = 15_000;
/** A press is answered within milliseconds; past this the cook is told that it may not have been taken. */
export const PRESS_LIMIT_MS = 5_000;
/** Waits between attempts to mount again. */
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 1_000;

/** How the view stands with what is behind it. */
export type Phase =
  /** Nothing to show yet. */
  | { phase: "mounting" }
  /** Frames come. */
  | { phase: "live" }
  /** There never was a picture, and mounting failed; it is tried again by itself. */
  | { phase: "failed"; fault: Fault }
  /** There was a picture, but nothing answers any more; it is tried again by itself. */
  | { phase: "silent"; fault: Fault };

/** Where frames and phases go. */
export interface Sink {
  /** `received` is on the page's own steady clock, in ms. */
  frame(frame: Frame, received: number): void;
  phase(phase: Phase): void;
}

/** What a press came to. */
export type Answer =
  | { answer: "pressed"; pressed: Pressed }
  | { answer: "refused"; fault: Fault }
  /** The page is gone; nobody is to be told. */
  | { answer: "gone" };

export class LiveView {
  readonly #backend: Backend;
  readonly #sink: Sink;
  readonly #afterPaint: (then: () => void) => void;
  #generation = 0;
  #closed = false;
  #held: Cursor | undefined;
  #mounting: Promise<void> | undefined;
  #shown = false;
  #waits = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #grid: Grid | undefined;
  #talks: Promise<unknown> = Promise.resolve();
  #paintDue = false;
  #painted: Cursor | undefined;

  constructor(backend: Backend, sink: Sink, afterPaint = afterSecondFrame) {
    this.#backend = backend;
    this.#sink = sink;
    this.#afterPaint = afterPaint;
  }

  /**
   * Mounts the view; calls that overlap share one attempt. Rejects with the fault when the attempt fails; another one
   * follows by itself, and calling again brings it forward.
   */
  mount(): Promise<void> {
    this.#mounting ??= this.#attempt().finally(() => {
      this.#mounting = undefined;
    });
    return this.#mounting;
  }

  /** Mounts, and leaves failures to the phase that the sink is told. */
  open(): void {
    this.mount().catch(() => undefined);
  }

  /** The page goes. Idempotent; nothing reaches the sink after it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#generation += 1;
    clearTimeout(this.#timer);
    const held = this.#held;
    this.#held = undefined;
    if (held) this.#forget(this.#backend.unmount({ view: held.view, mount: held.mount }));
  }

  /** Sends a press and waits for its word. */
  async press(press: Press): Promise<Answer> {
    const held = this.#held;
    if (!held) return { answer: "refused", fault: NOT_ANSWERING };
    try {
      const pressed = await within(PRESS_LIMIT_MS, this.#backend.press(held, press));
      return this.#closed ? { answer: "gone" } : { answer: "pressed", pressed };
    } catch (error) {
      return this.#closed ? { answer: "gone" } : { answer: "refused", fault: faultOf(error) };
    }
  }

  /** Tells where to look next; the answer is a frame. */
  async go(go: Go): Promise<Fault | undefined> {
    const held = this.#held;
    if (!held) return NOT_ANSWERING;
    try {
      await within(PRESS_LIMIT_MS, this.#backend.go(held, go));
      return undefined;
    } catch (error) {
      return this.#closed ? undefined : faultOf(error);
    }
  }

  /**
   * Tells what a hand did on the talk button, one after another: an `up` that overtook its `down` would leave the
   * microphone open.
   */
  async talk(press: TalkPress): Promise<Fault | undefined> {
    const held = this.#held;
    if (!held) return NOT_ANSWERING;
    const told = this.#talks.then(() => within(PRESS_LIMIT_MS, this.#backend.talk(held, press)));
    this.#talks = told.catch(() => undefined);
    try {
      await told;
      return undefined;
    } catch (error) {
      return this.#closed ? undefined : faultOf(error);
    }
  }

  /** Tells how much fits on the glass, if that is news; told again to every new mount. */
  setGrid(grid: Grid): void {
    if (this.#grid && sameGrid(this.#grid, grid)) return;
    this.#grid = grid;
    this.#tellGrid();
  }

  /** Somebody wants the link tried now. */
  retryConnection(): void {
    this.#forget(this.#backend.connectionRetry());
  }

  async #attempt(): Promise<void> {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#generation += 1;
    const generation = this.#generation;
    this.#held = undefined;
    if (!this.#shown) this.#sink.phase({ phase: "mounting" });
    try {
      const { view, frame } = await within(SILENCE_MS, this.#backend.mount());
      if (generation !== this.#generation) {
        if (this.#closed) this.#forget(this.#backend.unmount({ view, mount: frame.mount }));
        return;
      }
      this.#waits = 0;
      this.#held = { view, mount: frame.mount, revision: frame.revision };
      this.#show(frame);
      this.#tellGrid();
      void this.#pull(generation);
    } catch (error) {
      if (generation !== this.#generation) return;
      const fault = faultOf(error);
      this.#sink.phase(this.#shown ? { phase: "silent", fault } : { phase: "failed", fault });
      this.#again();
      throw fault;
    }
  }

  async #pull(generation: number): Promise<void> {
    while (generation === this.#generation && this.#held) {
      const held = this.#held;
      let frame: Frame;
      try {
        frame = await within(SILENCE_MS, this.#backend.nextFrame(held));
      } catch (error) {
        if (generation !== this.#generation) return;
        const fault = faultOf(error);
        if (fault.code === NOT_ANSWERING.code) this.#sink.phase({ phase: "silent", fault });
        this.#generation += 1;
        this.#again();
        return;
      }
      if (generation !== this.#generation) return;
      if (frame.mount !== held.mount || (frame.base !== undefined && frame.base !== held.revision)) {
        this.#generation += 1;
        this.open();
        return;
      }
      this.#held = { ...held, revision: frame.revision };
      this.#show(frame);
    }
  }

  #show(frame: Frame): void {
    this.#shown = true;
    this.#sink.frame(frame, performance.now());
    this.#sink.phase({ phase: "live" });
    this.#tellPainted();
  }

  /** Tells the latest revision once the second animation frame after the change has begun; several at once count as one. */
  #tellPainted(): void {
    const held = this.#held;
    if (!held || this.#paintDue || sameCursor(this.#painted, held)) return;
    this.#paintDue = true;
    this.#afterPaint(() => {
      this.#paintDue = false;
      if (this.#held !== held) {
        this.#tellPainted();
      }
      if (this.#closed) return;
      this.#painted = held;
      this.#forget(this.#backend.painted(held));
    });
  }

  #tellGrid(): void {
    if (this.#grid && this.#held) this.#forget(this.#backend.setGrid(this.#held, this.#grid));
  }

  #again(): void {
    const wait = Math.min(FIRST_WAIT_MS * 2 ** this.#waits, LONGEST_WAIT_MS);
    this.#waits += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.open(), wait);
  }

  /** For what is only told: a failure shows soon enough as silence of the frames. */
  #forget(told: Promise<unknown>): void {
    told.catch(() => undefined);
  }
}

const NOT_ANSWERING: Fault = { code: "not_answering", params: {}, retry: true };

/** The promise's outcome, or a fault when it takes longer than `limit` ms. */
function within<T>(limit: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(NOT_ANSWERING), limit);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The second animation frame after a change begins when the first one with the change has been handed to the screen. */
function afterSecondFrame(then: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(then));
}

function sameCursor(one: Cursor | undefined, other: Cursor): boolean {
  return one?.view === other.view && one.mount === other.mount && one.revision === other.revision;
}

function sameGrid(one: Grid, other: Grid): boolean {
  return (Object.keys(other) as (keyof Grid)[]).every((key) => one[key] === other[key]);
}
