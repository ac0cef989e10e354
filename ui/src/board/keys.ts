/**
 * The keyboard: a plain one, or a bump bar that types.
 *
 * Digits select a card by its place (0 is the tenth), arrows move the selection, Enter bumps what is selected, `s`
 * starts it, `b` bumps all tickets of its table, `r` brings the last one back, PageUp and PageDown turn pages, F1 to F5 are the
 * tabs, F6 tells of the connection, `t` tries it now, `e` asks what is open at the end of service, F7 opens the voice panel,
 * Escape goes back to the station. The key to talk is held, and therefore elsewhere (`voice/keys.ts`).
 */

import type { Place } from "../generated/Place";
import { TABS } from "../shell/Header";
import type { Kitchen } from "../shell/kitchen";
import { bumpTable } from "./table";

/** Listens until the returned function is called. */
export function keyboard(kitchen: Kitchen): () => void {
  const pressed = (event: KeyboardEvent): void => {
    // A sheet has the keys for itself, and a control that was reached by Tab has its own.
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    if (isWriting() && event.key !== "Escape") return;
    const focused = document.activeElement;
    const onControl =
      focused instanceof HTMLElement &&
      focused.matches("button, input, a") &&
      (event.key === "Enter" || event.key === " ");
    if (onControl) return;
    if (act(kitchen, event)) event.preventDefault();
  };
  addEventListener("keydown", pressed);
  return () => removeEventListener("keydown", pressed);
}

/** Somebody writes, and what is typed is no command. */
export function isWriting(): boolean {
  const focused = document.activeElement;
  return focused instanceof HTMLInputElement && focused.type === "search";
}

function act({ picture, go, press, showSheet, view }: Kitchen, event: KeyboardEvent): boolean {
  const { key } = event;
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
  switch (key) {
    case "Enter":
      if (!event.repeat) press("key/bump", { press: "bump_selected" });
      return true;
    case "s":
    case "S":
      if (!event.repeat) press("key/start", { press: "start_selected" });
      return true;
    case "b":
    case "B": {
      const card = head.selected === undefined ? undefined : picture.cards[head.selected];
      const all = card?.table && bumpTable(picture, card.table.name);
      if (all && !event.repeat) press("key/bump-table", all);
      return true;
    }
    case "r":
    case "R":
      if (!event.repeat) press("key/recall", { press: "recall_last" });
      return true;
    case "t":
    case "T":
      if (!event.repeat) view.retryConnection();
      return true;
    case "e":
    case "E":
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
