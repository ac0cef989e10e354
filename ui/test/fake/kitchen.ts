/**
 * A kitchen without a kitchen: the backend of the browser tests and of `npm run dev`. It lays tickets out from the grid
 * that the page measures, speaks in frames, and does what presses ask, so that the page meets here what it meets in
 * the application. Its rules are only as good as a page needs; the real ones are in Rust.
 */

import type { Card } from "../../src/generated/Card";
import type { CardLine } from "../../src/generated/CardLine";
import type { Connection } from "../../src/generated/Connection";
import type { CountVariant } from "../../src/generated/CountVariant";
import type { Done } from "../../src/generated/Done";
import type { Fault } from "../../src/generated/Fault";
import type { Frame } from "../../src/generated/Frame";
import type { Go } from "../../src/generated/Go";
import type { Grid } from "../../src/generated/Grid";
import type { Head } from "../../src/generated/Head";
import type { IngredientCount } from "../../src/generated/IngredientCount";
import type { Mounted } from "../../src/generated/Mounted";
import type { Notice } from "../../src/generated/Notice";
import type { Place } from "../../src/generated/Place";
import type { Press } from "../../src/generated/Press";
import type { Pressed } from "../../src/generated/Pressed";
import type { Row } from "../../src/generated/Row";
import type { Toast } from "../../src/generated/Toast";
import type { Backend, Cursor, MountRef } from "../../src/ipc/backend";
import { frameBetween, wholeFrame, type Whole } from "./frames";
import { EVENING, type Ticket } from "./tickets";

const UNDO_MS = 5_000;
const PULL_MS = 10_000;

export class FakeKitchen implements Backend {
  tickets: Ticket[];
  head: Head;
  connection: Connection;
  scheduled: Row[] = [];
  notices: Notice[] = [];
  ingredients: IngredientCount[] = [];
  /** How the first item of the counts is wanted. */
  variants: CountVariant[] = [];
  grid: Grid | undefined;
  /** Every call that reached it, for the tests. */
  readonly presses: Press[] = [];
  readonly goes: Go[] = [];
  readonly paintedCursors: Cursor[] = [];
  retries = 0;
  mounts = 0;
  /** What the next calls fail with. */
  failMount: Fault | undefined;
  failPress: Fault | undefined;
  /** How long a press takes. */
  pressMs = 4;
  /** Pulls are not answered any more. */
  mute = false;

  readonly #started = performance.now();
  #toasts: Toast[] = [];
  readonly #stock = new Map<string, number | undefined>();
  readonly #undos = new Map<string, () => void>();
  #review: string | undefined;
  #bumped: { ticket: Ticket; operation: string; at: number; index: number }[] = [];
  #mount = 0;
  #revision = 1;
  #shown: Whole | undefined;
  #waiting: ((frame: Frame) => void) | undefined;

  constructor(tickets: Ticket[], head: Partial<Head> = {}) {
    this.tickets = tickets;
    this.head = {
      restaurant: "Harbour Grill",
      demo: false,
      ready: true,
      utc_offset_minutes: 0,
      pace: 1,
      station: { id: "grill", name: "Grill" },
      stations: [
        { id: "grill", name: "Grill" },
        { id: "fry", name: "Fry" },
        { id: "cold", name: "Cold" },
        { id: "expo", name: "" },
      ],
      tab: "station",
      station_open: 0,
      expo_open: 0,
      scheduled: 0,
      late: 0,
      page: 1,
      pages: 1,
      glass: { px_per_mm: null, text: "normal" },
      volume: 60,
      ...head,
    };
    this.connection = { state: "live", since: EVENING - 3_600_000, hub: "", unsent: 0, attempts: 0 };
  }

  now(): number {
    return Math.round(EVENING + performance.now() - this.#started);
  }

  async mount(): Promise<Mounted> {
    this.mounts += 1;
    await after(5);
    if (this.failMount) throw this.failMount;
    this.#mount += 1;
    this.#revision += 1;
    this.#waiting = undefined;
    this.#shown = this.picture();
    return { view: "station", frame: wholeFrame(this.#shown, this.#mount, this.#revision, this.now()) };
  }

  async nextFrame(cursor: Cursor): Promise<Frame> {
    if (this.mute) return new Promise(() => undefined);
    if (cursor.mount !== this.#mount || cursor.revision !== this.#revision) {
      throw { code: "mount_gone", params: {}, retry: true } satisfies Fault;
    }
    this.#changed();
    if (cursor.revision !== this.#revision) throw new Error("a frame was lost");
    return new Promise((resolve) => {
      const nothing = setTimeout(() => this.#answer(this.#shown!, this.#revision), PULL_MS);
      this.#waiting = (frame) => {
        clearTimeout(nothing);
        resolve(frame);
      };
      this.#changed();
    });
  }

  async unmount(): Promise<void> {
    this.#waiting = undefined;
  }

  async painted(cursor: Cursor): Promise<void> {
    this.paintedCursors.push(cursor);
  }

  async setGrid(_: MountRef, grid: Grid): Promise<void> {
    this.grid = grid;
    this.#changed();
  }

  async press(_: MountRef, press: Press): Promise<Pressed> {
    this.presses.push(press);
    await after(this.pressMs);
    if (this.failPress) throw this.failPress;
    const done = this.#do(press);
    this.#changed();
    return { operation: done ? `op${this.presses.length}` : null };
  }

  async go(_: MountRef, go: Go): Promise<void> {
    this.goes.push(go);
    const { head } = this;
    switch (go.go) {
      case "tab":
        this.head = { ...head, tab: go.tab, page: 1 };
        break;
      case "page":
        this.head = { ...head, page: go.page };
        break;
      case "station":
        this.head = { ...head, station: head.stations.find((s) => s.id === go.station)!, page: 1 };
        break;
      case "order":
        this.head = { ...head, page: this.#pageOf(go.order) };
        break;
      case "select":
        this.head = { ...head, selected: this.#shown!.places[go.position]?.card ?? head.selected! };
        break;
      case "select_step": {
        const { places } = this.#shown!;
        const from = places.findIndex((place) => place.card === head.selected);
        const next = places[Math.min(Math.max(from + go.by, 0), places.length - 1)];
        if (next) this.head = { ...head, selected: next.card };
        break;
      }
      case "search": {
        const { search: __, ...rest } = head;
        this.head = { ...rest, ...(go.text ? { search: go.text } : {}) };
        break;
      }
      case "counts": {
        const { counts_of: ___, ...rest } = head;
        this.head = { ...rest, ...(go.of === "kitchen" ? { counts_of: go.of } : {}) };
        break;
      }
      case "mark": {
        const { marked: ____, ...rest } = head;
        this.head = { ...rest, ...(go.item === undefined ? {} : { marked: go.item }) };
        break;
      }
      case "review":
        this.#review = go.order;
        break;
      case "text":
        this.head = { ...head, glass: { ...head.glass, text: go.text } };
        break;
      case "volume":
        this.head = { ...head, volume: go.volume };
        break;
      case "dismiss":
        this.notices = this.notices.filter((notice) => notice.id !== go.notice);
        break;
    }
    this.#changed();
  }

  async connectionRetry(): Promise<void> {
    this.retries += 1;
  }

  /** Changes something by hand, as another screen or a POS would. */
  change(how: (kitchen: this) => void): void {
    how(this);
    this.#changed();
  }

  #do(press: Press): boolean {
    switch (press.press) {
      case "bump":
        return this.#bump(press.order);
      case "bump_selected": {
        const card = this.#shown!.cards.find((held) => held.id === this.head.selected);
        return card !== undefined && this.#bump(card.order);
      }
      case "recall_last": {
        const last = this.#bumped.at(-1);
        return last !== undefined && this.#unbump(last.operation);
      }
      case "unbump":
        return this.#unbump(press.operation);
      case "finish":
        return this.#line(press.order, press.line.line, (line) => ({
          ...line,
          state: "done",
          done: press.line.upto,
          ...NO_CHANGE,
        }));
      case "reopen":
        return this.#line(press.order, press.line, (line) => ({ ...line, state: "queued", done: 0 }));
      case "acknowledge":
        return this.#line(press.order, press.line.line, (line) => ({ ...line, ...NO_CHANGE }));
      case "start":
      case "unstart": {
        const state = press.press === "start" ? "started" : "queued";
        const from = press.press === "start" ? "queued" : "started";
        for (const { line } of press.lines) {
          this.#line(press.order, line, (held) => (held.state === from ? { ...held, state } : held));
        }
        return true;
      }
      case "start_selected": {
        const card = this.#shown!.cards.find((held) => held.id === this.head.selected);
        const { order, seen, bump: lines } = card ?? { order: "", seen: 0, bump: [] };
        return card !== undefined && this.#do({ press: "start", order, seen, lines });
      }
      case "rush":
      case "unrush": {
        const { order, press: verb } = press;
        const before = this.tickets;
        const rushed = before.map((held) => (held.order === order ? { ...held, rush: verb === "rush" } : held));
        this.tickets = rushed.toSorted((one, other) => Number(other.rush) - Number(one.rush));
        if (verb === "rush") this.#offer(order, "rushed", 3_000, () => (this.tickets = before));
        return true;
      }
      case "hold":
        this.#ticket(press.order, {
          held: true,
          ...(press.minutes ? { held_until: this.now() + press.minutes * 60_000 } : {}),
        });
        this.#offer(press.order, "held", UNDO_MS, () => this.#ticket(press.order, { held: false }));
        return true;
      case "release":
        return this.#ticket(press.order, { held: false });
      case "fire":
        if (press.course === undefined) {
          this.scheduled = this.scheduled.filter((row) => row.order !== press.order);
          return true;
        }
        this.tickets = this.tickets.map((ticket) => {
          if (ticket.order !== press.order) return ticket;
          const { next_course: _, ...rest } = ticket;
          return { ...rest, lines: ticket.lines.map(({ waits: __, ...line }) => line) };
        });
        return true;
      case "stock": {
        const { item, left } = press;
        const before = this.#stock.get(item);
        this.#stock.set(item, left);
        const label = { kind: "name" as const, text: press.name };
        this.#offerTo({ order: "menu", label, order_type: "dine_in" }, "stocked", UNDO_MS, () =>
          this.#stock.set(item, before),
        );
        return true;
      }
      case "transfer": {
        const before = this.tickets;
        const stays = (line: CardLine) => line.place.kind === "own" && !press.lines.includes(line.id);
        this.tickets = before.flatMap((held) => {
          if (held.order !== press.order) return [held];
          const lines = held.lines.filter(stays);
          return lines.length > 0 ? [{ ...held, lines }] : [];
        });
        this.#offer(press.order, "transferred", UNDO_MS, () => (this.tickets = before), before);
        return true;
      }
      case "undo": {
        const undo = this.#undos.get(press.operation);
        if (!undo) return this.#unbump(press.operation);
        this.#undos.delete(press.operation);
        this.#toasts = this.#toasts.filter((toast) => toast.operation !== press.operation);
        undo();
        return true;
      }
      case "recall":
        return this.#unbump(press.operation);
    }
  }

  #ticket(order: string, what: Partial<Ticket>): boolean {
    this.tickets = this.tickets.map((ticket) => (ticket.order === order ? { ...ticket, ...what } : ticket));
    return true;
  }

  #offer(order: string, what: Done, ms: number, undo: () => void, tickets = this.tickets): void {
    const ticket = tickets.find((held) => held.order === order);
    if (ticket) this.#offerTo(ticket, what, ms, undo);
  }

  #offerTo(to: Pick<Toast, "order" | "label" | "order_type">, what: Done, ms: number, undo: () => void): void {
    const operation = `${what}${this.presses.length}`;
    const { order, label, order_type } = to;
    this.#undos.set(operation, undo);
    this.#toasts = [...this.#toasts, { operation, order, label, order_type, until: this.now() + ms, what }];
    setTimeout(() => {
      this.#toasts = this.#toasts.filter((toast) => toast.operation !== operation);
      this.#changed();
    }, ms);
  }

  #reviewed(): Whole["review"] {
    const bumped = this.#bumped.find(({ ticket }) => ticket.order === this.#review)?.ticket;
    const ticket = bumped ?? this.tickets.find((held) => held.order === this.#review);
    const card = ticket && partsOf(ticket, { ...ROUGH, rows: 99 })[0];
    return card ? { card } : {};
  }

  #bump(order: string): boolean {
    const ticket = this.tickets.find((held) => held.order === order);
    if (!ticket) return false;
    const operation = `bump${this.presses.length}`;
    this.#bumped.push({ ticket, operation, at: this.now(), index: this.tickets.indexOf(ticket) });
    this.tickets = this.tickets.filter((held) => held !== ticket);
    const { label, order_type } = ticket;
    this.#toasts = [...this.#toasts, { operation, order, label, order_type, until: this.now() + UNDO_MS }];
    setTimeout(() => {
      this.#toasts = this.#toasts.filter((toast) => toast.operation !== operation);
      this.#changed();
    }, UNDO_MS);
    return true;
  }

  #unbump(operation: string): boolean {
    const bumped = this.#bumped.find((held) => held.operation === operation);
    if (!bumped) return false;
    this.#bumped = this.#bumped.filter((held) => held !== bumped);
    this.#toasts = this.#toasts.filter((toast) => toast.operation !== operation);
    this.tickets = this.tickets.toSpliced(bumped.index, 0, bumped.ticket);
    return true;
  }

  #line(order: string, id: string, how: (line: CardLine) => CardLine): boolean {
    this.tickets = this.tickets.map((ticket) =>
      ticket.order === order
        ? { ...ticket, seen: ticket.seen + 1, lines: ticket.lines.map((l) => (l.id === id ? clean(how(l)) : l)) }
        : ticket,
    );
    return true;
  }

  #changed(): void {
    if (!this.#waiting || !this.#shown) return;
    const next = this.picture();
    if (JSON.stringify(next) !== JSON.stringify(this.#shown)) this.#answer(next, this.#revision + 1);
  }

  #answer(next: Whole, revision: number): void {
    const cursor = { mount: this.#mount, base: this.#revision, revision, now: this.now() };
    const frame = frameBetween(this.#shown!, next, cursor);
    this.#shown = next;
    this.#revision = revision;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(frame);
  }

  #pageOf(order: string): number {
    return this.#pages().findIndex((page) => page.some(({ card }) => card.order === order)) + 1;
  }

  /** What the view is to show now. */
  picture(): Whole {
    const pages = this.#pages();
    const onTickets = this.head.tab === "station" || this.head.tab === "expo";
    const page = Math.min(this.head.page, pages.length);
    const shown = onTickets ? (pages[page - 1] ?? []) : [];
    const { selected, ...rest } = this.head;
    return {
      head: {
        ...rest,
        page,
        pages: onTickets ? pages.length : 1,
        station_open: this.tickets.length,
        expo_open: this.tickets.length + 3,
        scheduled: this.scheduled.length,
        late: this.tickets.filter((ticket) => ticket.urgency === "late").length,
        ...(selected && shown.some(({ card }) => card.id === selected) ? { selected } : {}),
      },
      connection: this.connection,
      cards: shown.map(({ card }) => card),
      places: shown.map(({ place }) => place),
      counts: this.#counts(),
      rows: this.head.tab === "scheduled" ? this.scheduled : this.head.tab === "recall" ? this.#recall() : [],
      chips: pages.flatMap((cards, index) =>
        index + 1 === page
          ? []
          : cards
              .filter(({ card }) => card.fresh && card.part === 1)
              .map(({ card: { order, label, order_type } }) => ({ order, label, order_type, page: index + 1 })),
      ),
      toasts: this.#toasts,
      notices: this.notices,
      ingredients: this.ingredients,
      review: this.#reviewed(),
    };
  }

  #recall(): Row[] {
    const words = (this.head.search ?? "").toLowerCase().split(" ");
    const found = this.#bumped.filter(({ ticket }) => {
      const own = `${ticket.number} ${ticket.label.text} ${ticket.lines.map((line) => line.name).join(" ")}`;
      return words.every((word) => own.toLowerCase().includes(word));
    });
    return found.toReversed().map(({ ticket, operation, at }) => ({
      ...rowOf(ticket, at),
      bump: operation,
    }));
  }

  #counts(): Whole["counts"] {
    const counts = new Map<string, Whole["counts"][number]>();
    for (const line of this.tickets.flatMap((ticket) => ticket.lines)) {
      if (line.place.kind !== "own" || (line.state !== "queued" && line.state !== "started")) continue;
      const held = counts.get(line.name) ?? { item: line.name, name: line.name, open: 0, started: 0 };
      held.open += line.quantity - line.done;
      if (line.state === "started") held.started += line.quantity - line.done;
      counts.set(line.name, held);
    }
    for (const count of counts.values()) {
      const left = this.#stock.get(count.item);
      if (left !== undefined) count.left = left;
    }
    const sorted = [...counts.values()].toSorted((one, other) => other.open - one.open);
    if (sorted[0] && this.variants.length > 0) sorted[0].variants = this.variants;
    return sorted;
  }

  /** Fills the cells column by column; what is too long gets more rows, then more parts. */
  #pages(): { card: Card; place: Place }[][] {
    const grid = this.grid ?? ROUGH;
    const pages: { card: Card; place: Place }[][] = [[]];
    let [column, row] = [1, 1];
    for (const ticket of this.tickets) {
      for (const card of partsOf(ticket, grid)) {
        const height = card.lines.reduce((sum, line) => sum + heightOf(line, grid), headHeight(card, grid));
        const over = Math.max(0, height - grid.cell_body_px);
        const rows = Math.min(grid.rows, 1 + Math.ceil(over / grid.cell_row_px));
        if (row + rows - 1 > grid.rows) [column, row] = [column + 1, 1];
        if (column > grid.columns) {
          pages.push([]);
          [column, row] = [1, 1];
        }
        pages.at(-1)!.push({ card, place: { card: card.id, column, row, rows } });
        row += rows;
      }
    }
    return pages;
  }
}

/** Before the page has measured anything. */
const ROUGH: Grid = {
  columns: 4,
  rows: 2,
  cell_body_px: 260,
  cell_row_px: 440,
  line_px: 60,
  row_px: 38,
  dim_px: 36,
  name_chars: 16,
  row_chars: 20,
};

const NO_CHANGE = { change: undefined as never };

export function rowOf(ticket: Ticket, at: number): Row {
  const { order, seen, label, order_type, number, since } = ticket;
  const lines = ticket.lines.filter((line) => line.place.kind === "own").map((l) => `${l.quantity} ${l.name}`);
  return { order, seen, label, order_type, number, at, since, lines };
}

function partsOf(ticket: Ticket, grid: Grid): Card[] {
  const room = grid.cell_body_px + (grid.rows - 1) * grid.cell_row_px;
  const parts: CardLine[][] = [[]];
  let height = headHeight(ticket, grid);
  for (const line of ticket.lines) {
    const more = heightOf(line, grid);
    if (height + more > room && parts.at(-1)!.length > 0) {
      parts.push([]);
      height = 0;
    }
    parts.at(-1)!.push(line);
    height += more;
  }
  const ownLines = ticket.lines.filter((line) => line.place.kind === "own");
  const open = ownLines.filter(
    (line) => !line.waits && line.state !== "bumped" && (line.state !== "voided" || ticket.voided),
  );
  return parts.map((lines, index) => ({
    ...ticket,
    id: `${ticket.order}/${index + 1}`,
    lines,
    part: index + 1,
    parts: parts.length,
    elsewhere_more: 0,
    done: ownLines.filter((line) => line.state === "done").length,
    total: ownLines.filter((line) => line.state !== "voided" && line.state !== "bumped").length,
    bump: open.map((line) => ({ line: line.id, upto: line.quantity })),
  }));
}

function headHeight(ticket: { note: string | null; problem?: Fault }, grid: Grid): number {
  return rowsOf(ticket.note, grid.row_chars - 10) * grid.row_px + (ticket.problem ? 2 * grid.row_px : 0);
}

function heightOf(line: CardLine, grid: Grid): number {
  if (line.place.kind === "elsewhere") {
    const text = `${line.name} — ${line.place.stations.join(", ")}, cooking`;
    return grid.dim_px * Math.ceil(text.length / (grid.row_chars * 1.15));
  }
  const tags =
    (line.change ? 6 : 0) +
    (line.place.cooking.length > 0 ? 4 + line.place.cooking.join(", ").length / 2 : 0) +
    (line.seat ? 4 : 0) +
    (line.course ? 5 : 0) +
    (line.done > 0 && line.done < line.quantity ? 4 : 0);
  const rows =
    Math.ceil((line.name.length + tags) / grid.name_chars) -
    1 +
    line.modifiers.reduce((sum, m) => sum + rowsOf(m.text, grid.row_chars - (m.class === "allergy" ? 10 : 2)), 0) +
    rowsOf(line.note, grid.row_chars - 2);
  return grid.line_px + rows * grid.row_px;
}

function rowsOf(text: string | null, chars: number): number {
  return text === null ? 0 : Math.ceil(text.length / chars);
}

function clean(line: CardLine): CardLine {
  return JSON.parse(JSON.stringify(line)) as CardLine;
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
