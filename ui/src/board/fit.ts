/**
 * Nothing on a ticket is ever cut off in silence. The kitchen behind the page estimates heights and gives long tickets
 * more cells; what still does not fit is made smaller in steps, and at the last a visible "more" scrolls it.
 *
 * Sizes are watched, not contents: whatever makes a ticket too full (a change, a font that arrives, another text size)
 * is noticed before it is painted. All tickets of one turn are measured together, so that the page is laid out once per
 * step and not once per ticket.
 */

import { createContext, useContext } from "solid-js";

/** Text of a ticket that is too full, against its full size. */
const STEPS = [1, 0.9, 0.8, 0.7] as const;
/** What stands in the head of a ticket on a narrow cell, and under it. */
const ABOUT_STEPS = [1, 0.92, 0.85, 0.78] as const;
const HEAD_STEPS = [1, 0.92, 0.88, 0.84, 0.8, 0.76, 0.68] as const;

export interface Fitter {
  /** Keeps a ticket fitted until the returned function is called. */
  watch(ticket: HTMLElement): () => void;
  stop(): void;
}

const FitterContext = createContext<Fitter>();
export const FitterProvider = FitterContext.Provider;

export function useFitter(): Fitter {
  const fitter = useContext(FitterContext);
  if (!fitter) throw new Error("outside of a board");
  return fitter;
}

export function createFitter(): Fitter {
  const observer = new ResizeObserver((entries) => {
    const tickets = new Set<HTMLElement>();
    for (const { target } of entries) {
      const ticket = target.closest<HTMLElement>(".ticket");
      if (ticket) tickets.add(ticket);
    }
    fitAll([...tickets]);
  });
  return {
    watch(ticket) {
      const parts = ticket.querySelectorAll(
        ".body, .lines, .head, .label > span, .urgency, .about, .known > span, .marks",
      );
      for (const part of parts) observer.observe(part);
      return () => {
        for (const part of parts) observer.unobserve(part);
      };
    },
    stop: () => observer.disconnect(),
  };
}

/** Shows the next part of a ticket that is fuller than its cell, and the first one after the last. */
export function showMore(body: Element): void {
  const atEnd = body.scrollTop + body.clientHeight >= body.scrollHeight - 2;
  body.scrollTop = atEnd ? 0 : body.scrollTop + body.clientHeight * 0.7;
}

function fitAll(tickets: HTMLElement[]): void {
  let full = tickets;
  for (const ticket of full) ticket.classList.remove("overfull");
  for (const step of STEPS) {
    for (const ticket of full) ticket.style.setProperty("--fit", String(step));
    full = full.filter((ticket) => {
      const body = ticket.querySelector(".body");
      return body && body.scrollHeight > body.clientHeight + 1;
    });
    if (full.length === 0) break;
  }
  for (const ticket of full) ticket.classList.add("overfull");
  for (const ticket of tickets) ticket.classList.remove("long-label");
  for (const ticket of narrow(tickets, ".label > span", "--head-fit", HEAD_STEPS)) {
    ticket.classList.add("long-label");
  }
  narrow(tickets, ".known > span", "--about-fit", ABOUT_STEPS);
}

/** Makes a part of each ticket smaller, step by step, until it has room; returns those where it still has not. */
function narrow(
  tickets: HTMLElement[],
  selector: string,
  property: string,
  steps: readonly number[],
): HTMLElement[] {
  let wide = tickets;
  for (const step of steps) {
    for (const ticket of wide) ticket.style.setProperty(property, String(step));
    wide = wide.filter((ticket) => {
      const part = ticket.querySelector(selector);
      return part && part.scrollWidth > part.clientWidth + 1;
    });
    if (wide.length === 0) break;
  }
  return wide;
}
