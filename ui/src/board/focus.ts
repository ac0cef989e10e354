/**
 * Where the keys are on the page: on a button of a sheet or of a list, or on a line of a ticket.
 *
 * The document's own focus is all that is known of it. A frame may move or replace what has it, so whoever paints one
 * asks for it to be kept: an Enter that was meant for a line must never find the whole ticket.
 */

const BY = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 } as const;

type Arrow = keyof typeof BY;
type Box = Pick<DOMRect, "left" | "top" | "right" | "bottom">;

export function isArrow(key: string): key is Arrow {
  return key in BY;
}

/** Moves the focus among what can be pressed in `root`, a list's rows first; false = there is nothing further. */
export function step(root: Element, key: Arrow): boolean {
  const all = [...root.querySelectorAll<HTMLElement>("button:enabled, input:enabled")];
  const stops = all.filter((stop) => stop.checkVisibility());
  const from = stops.findIndex((stop) => stop === document.activeElement);
  const boxes = stops.map((stop) => stop.getBoundingClientRect());
  const to = from < 0 ? stops.findIndex((stop) => stop.closest("ul")) : beyond(boxes, from, key);
  const next = stops[Math.max(to, 0)];
  if (to === from || !next) return false;
  focus(next);
  return true;
}

/**
 * Where an arrow goes from one of several boxes. Left and right go on and back in reading order and round its ends: a
 * bump bar may have no others. Up and down go to the nearest of the next row, and nowhere from the last.
 */
export function beyond(boxes: readonly Box[], from: number, key: Arrow): number {
  const at = boxes[from];
  if (!at) return from;
  const by = BY[key];
  if (key === "ArrowLeft" || key === "ArrowRight") return (from + by + boxes.length) % boxes.length;
  const gap = (box: Box) => (by > 0 ? box.top - at.bottom : at.top - box.bottom);
  const ahead = boxes.filter((box) => gap(box) > -1);
  const row = Math.min(...ahead.map(gap));
  const aside = ({ left, right }: Box) => Math.abs(left + right - at.left - at.right);
  const [best] = ahead
    // What begins before the nearest one ends is of the same row.
    .filter((box) => gap(box) < row + (at.bottom - at.top) / 2)
    .toSorted((one, other) => aside(one) - aside(other));
  return best ? boxes.indexOf(best) : from;
}

/** The line of a ticket that has the focus. */
export function focusedLine(): HTMLElement | undefined {
  const focused = document.activeElement;
  return focused instanceof HTMLElement && focused.matches(".ticket button.line") ? focused : undefined;
}

/** Goes to the first line of the selected ticket that can be touched; false = there is none. */
export function enterLines(): boolean {
  const line = document.querySelector<HTMLElement>(".ticket.selected button.line");
  if (line) focus(line);
  return line !== null;
}

/** Goes on or back among the lines of the same ticket, also where it goes on in another column. */
export function stepLine(line: HTMLElement, by: 1 | -1): void {
  const lines = linesOf(orderOf(line));
  const next = lines[lines.indexOf(line) + by];
  if (next) focus(next);
}

/** Call it before a frame is painted and what it returns after: the line that had the focus has it, or the next one of its ticket. */
export function keepFocus(): () => void {
  const line = focusedLine();
  if (!line) return () => {};
  const order = orderOf(line);
  const before = linesOf(order).map(idOf);
  const from = before.indexOf(idOf(line));
  return () => {
    if (document.activeElement === line) return;
    const lines = linesOf(order);
    const next = lines.find((held) => before.indexOf(idOf(held)) >= from) ?? lines.at(-1);
    if (next) focus(next);
  };
}

/** With its ring, however the web view thinks that it came about. */
function focus(element: HTMLElement): void {
  element.focus({ focusVisible: true });
}

function orderOf(line: HTMLElement): string | undefined {
  return line.closest<HTMLElement>(".ticket")?.dataset["order"];
}

function linesOf(order: string | undefined): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(".ticket button.line")].filter(
    (line) => orderOf(line) === order,
  );
}

function idOf(line: HTMLElement): string | undefined {
  return line.dataset["line"];
}
