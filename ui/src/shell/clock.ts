/**
 * The hub's clock on the glass. Frames say what it showed; between them the page only counts seconds, so that a
 * computer with a wrong clock shows right ages. One signal, once a second, on the hub's own full seconds: all ages turn
 * together.
 */

import { type Accessor, createSignal } from "solid-js";
import type { At } from "../generated/At";

export interface HubClock {
  /** The hub's time, cut to the second. */
  now: Accessor<At>;
  /** The hub showed `now` when this page's steady clock showed `steady` ms. */
  anchor(now: At, steady: number): void;
  stop(): void;
}

export function createHubClock(): HubClock {
  let offset: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const [now, setNow] = createSignal<At>(0);

  function turn(): void {
    if (offset === undefined) return;
    const exact = offset + performance.now();
    setNow(Math.floor(exact / 1000) * 1000);
    clearTimeout(timer);
    // A few ms late rather than early: a timer that fires before the second would show the old one for another second.
    timer = setTimeout(turn, 1000 - (exact % 1000) + 5);
  }

  return {
    now,
    anchor(hub, steady) {
      const next = hub - steady;
      // Frames spend some ms on their way; only a real step is worth another timer.
      if (offset !== undefined && Math.abs(next - offset) < 50) return;
      offset = next;
      turn();
    },
    stop: () => clearTimeout(timer),
  };
}
