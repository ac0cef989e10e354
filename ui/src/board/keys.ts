/**
 * The keyboard: a plain one, or a bump bar that types.
 *
 * Digits select a card by its place (0 is the tenth), arrows move the selection, Enter bumps what is selected, `s` starts
 * it, `u` rushes it or no longer, `h` holds or releases it, `f` fires its next course, `b` bumps all tickets of its table,
 * `r` brings the last one back. `m`, Space or the keypad's `*` opens what else can be done with it. `l` or the keypad's `/`
 * goes to its lines: Up and Down move among them, Enter presses one, Escape, Left or Right goes back.
 *
 * In a sheet arrows move from button to button, Enter presses, Escape closes, and where buttons bear digits, those press
 * them. In a list arrows move in the same way.
 *
 * PageUp and PageDown turn pages, F1 to F5 are the tabs, F6 tells of the connection, `t` tries it now, `e` asks what is
 * open at the end of service, F7 opens the voice panel, Escape goes back to the station. The key to talk is held, and
 * therefore elsewhere (`voice/keys.ts`).
 */

import type { Place } from "../generated/Place";
import { TABS } from "../shell/Header";
import type { Kitchen } from "../shell/kitchen";
import { enterLines, focusedLine, isArrow, step, stepLine } from "./focus";
import { bumpTable } from "./table";

/** The page says which digits press what only while somebody works it by keys. */
const KEYED = "keyed";

/** A worn contact sends a key twice: a second press of one that acts on orders, sooner than this, is the first one's echo. */
const ECHO_MS = 200;

/** Listens until the returned function is called. */
export function keyboard(kitchen: Kitchen): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  let last = { key: "", at: Number.NEGATIVE_INFINITY };
  const isEcho = ({ key, timeStamp }: KeyboardEvent): boolean => {
    const before = last;
    last = { key, at: timeStamp };
    return (key in DEEDS || key.toLowerCase() in DEEDS) && key === before.key && timeStamp - before.at < ECHO_MS;
  };
  const { classList } = document.documentElement;
  const pressed = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const echo = isEcho(event);
    // Who touched last has not seen the digits: the first key only shows them.
    const keyed = classList.contains(KEYED);
    classList.add(KEYED);
    const focused = document.activeElement;
    const onControl =
      focused instanceof HTMLElement &&
      focused.matches("button, input, a") &&
      (event.key === "Enter" || event.key === " ");
    const sheet = document.querySelector<HTMLElement>("dialog[open]");
    // A control that has the focus has these for itself; held down, they press it once, as a finger does.
    const done = onControl
      ? event.repeat
      : sheet
        ? inSheet(sheet, event, keyed)
        : !(isWriting() && writes(event.key)) && (inLines(event) || echo || act(kitchen, event));
    if (done) event.preventDefault();
  };
  addEventListener("keydown", pressed, { signal });
  for (const down of ["pointerdown", "touchstart"]) {
    addEventListener(down, () => classList.remove(KEYED), { signal, passive: true });
  }
  return () => stop.abort();
}

/** Somebody writes, and what is typed is no command. */
export function isWriting(): boolean {
  return document.activeElement instanceof HTMLInputElement;
}

/** Whether a key has a meaning where somebody writes: the others are still commands there. */
function writes(key: string): boolean {
  return !["Escape", "ArrowUp", "ArrowDown"].includes(key);
}

function inSheet(sheet: HTMLElement, { key, repeat }: KeyboardEvent, keyed: boolean): boolean {
  if (isWriting() && writes(key)) return false;
  if (isArrow(key)) return step(sheet, key);
  const numbered = /^\d$/.test(key) && sheet.querySelector<HTMLElement>(`[aria-keyshortcuts="${key}"]`);
  if (!numbered) return false;
  if (keyed && !repeat) numbered.click();
  return true;
}

/** While a line has the focus: what is no key of the lines is one of the board, and goes back to it. */
function inLines({ key }: KeyboardEvent): boolean {
  const line = focusedLine();
  if (!line || key === "Shift" || key === "Tab") return false;
  if (key === "ArrowUp" || key === "ArrowDown") {
    stepLine(line, key === "ArrowDown" ? 1 : -1);
    return true;
  }
  line.blur();
  return ["Escape", "ArrowLeft", "ArrowRight"].includes(key);
}

function act({ picture, go, press, showSheet, view }: Kitchen, event: KeyboardEvent): boolean {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const head = picture.head;
  if (!head) return false;
  if (/^\d$/.test(key)) {
    go({ go: "select", position: (Number(key) + 9) % 10 });
    return true;
  }
  const tab = TABS[Number(/^F([1-5])$/.exec(key)?.[1]) - 1];
  if (tab) {
    go({ go: "tab", tab });
    return true;
  }
  const list = isArrow(key) && document.querySelector("main.list");
  if (list) return step(list, key);
  const selected = head.selected === undefined ? undefined : picture.cards[head.selected];
  const deed = DEEDS[key];
  if (deed) {
    if (!event.repeat) press(`key/${deed}`, { press: deed });
    return true;
  }
  switch (key) {
    case "b": {
      const all = selected?.table && bumpTable(picture, selected.table.name);
      if (all && !event.repeat) press("key/bump-table", all);
      return true;
    }
    case "m":
    case "*":
    case " ": {
      // Its head opens it for a finger.
      const handle = document.querySelector<HTMLElement>(".ticket.selected .handle");
      handle?.click();
      return handle !== null;
    }
    case "l":
    case "/":
      return enterLines();
    case "t":
      if (!event.repeat) view.retryConnection();
      return true;
    case "e":
      showSheet("closing");
      return true;
    case "F6":
      showSheet("connection");
      return true;
    case "F7":
      if (picture.talk) showSheet("voice");
      return true;
    case "Escape":
      go({ go: "tab", tab: "station" });
      return true;
    case "PageDown":
      go({ go: "page", page: Math.min(head.page + 1, head.pages) });
      return true;
    case "PageUp":
      go({ go: "page", page: Math.max(head.page - 1, 1) });
      return true;
    case "ArrowDown":
      go({ go: "select_step", by: 1 });
      return true;
    case "ArrowUp":
      go({ go: "select_step", by: -1 });
      return true;
    case "ArrowRight":
    case "ArrowLeft": {
      const by = key === "ArrowRight" ? 1 : -1;
      const position = beside(picture.places, head.selected, by);
      go(position === undefined ? { go: "select_step", by } : { go: "select", position });
      return true;
    }
    default:
      return false;
  }
}

/** What the kitchen does with the card that is selected when the key arrives there, or with the last one that went. */
const DEEDS: Record<
  string,
  "bump_selected" | "start_selected" | "rush_selected" | "hold_selected" | "fire_selected" | "recall_last"
> = {
  Enter: "bump_selected",
  s: "start_selected",
  u: "rush_selected",
  h: "hold_selected",
  f: "fire_selected",
  r: "recall_last",
};

/** The position of the card in the next column that stands level with the selected one. */
export function beside(places: readonly Place[], selected: string | undefined, by: 1 | -1): number | undefined {
  const from = places.find((place) => place.card === selected);
  if (!from) return undefined;
  const position = places.findIndex(
    (place) => place.column === from.column + by && place.row <= from.row && from.row < place.row + place.rows,
  );
  if (position >= 0) return position;
  const last = places.findLastIndex((place) => place.column === from.column + by);
  return last >= 0 ? last : undefined;
}
