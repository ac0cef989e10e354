/**
 * The hub's clock on the glass. Frames say what it showed; between them the page only counts seconds, so that a
 * computer with a wrong clock shows right ages. One signal, once a second, on the hub's own full seconds: all ages turn
 * together. In simulated time the hub's seconds are shorter, and the page counts at the hub's pace.
 */

import { type Accessor, createSignal } from "solid-js";
import type { At } from "../generated/At";

/** However fast the hub's seconds pass, the page turns them no more often than this, in ms. */
const SHORTEST_TURN_MS = 50;

export interface HubClock {
  /** The hub's time, cut to the second. */
  now: Accessor<At>;
  /** The hub showed `now` when this page's steady clock showed `steady` ms; `pace` of its ms pass in one of the page's. */
  anchor(now: At, steady: number, pace?: number): void;
  stop(): void;
}

export function createHubClock(): HubClock {
  let anchored: { hub: At; steady: number; pace: number } | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const [now, setNow] = createSignal<At>(0);

  function exactly(steady: number): number {
    return anchored ? anchored.hub + (steady - anchored.steady) * anchored.pace : 0;
  }

  function turn(): void {
    if (!anchored) return;
    const exact = exactly(performance.now());
    setNow(Math.floor(exact / 1000) * 1000);
    clearTimeout(timer);
    // A few ms late rather than early: a timer that fires before the second would show the old one for another second.
    timer = setTimeout(turn, Math.max((1000 - (exact % 1000)) / anchored.pace, SHORTEST_TURN_MS) + 5);
  }

  return {
    now,
    anchor(hub, steady, pace = 1) {
      const off = Math.abs(hub - exactly(steady));
      // Frames spend some ms on their way; only a real step is worth another timer.
      if (anchored?.pace === pace && off < 50 * pace) return;
      anchored = { hub, steady, pace };
      turn();
    },
    stop: () => clearTimeout(timer),
  };
}
