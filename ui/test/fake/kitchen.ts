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
import type { HouseEdit } from "../../src/generated/HouseEdit";
import type { IngredientCount } from "../../src/generated/IngredientCount";
import type { Mounted } from "../../src/generated/Mounted";
import type { Notice } from "../../src/generated/Notice";
import type { OpenTicket } from "../../src/generated/OpenTicket";
import type { Place } from "../../src/generated/Place";
import type { Press } from "../../src/generated/Press";
import type { Pressed } from "../../src/generated/Pressed";
import type { Row } from "../../src/generated/Row";
import type { Said } from "../../src/generated/Said";
import type { Talk } from "../../src/generated/Talk";
import type { TalkPress } from "../../src/generated/TalkPress";
import type { Sound } from "../../src/generated/Sound";
import type { Toast } from "../../src/generated/Toast";
import type { Backend, Cursor, MountRef } from "../../src/ipc/backend";
import { frameBetween, wholeFrame, type Whole } from "./frames";
import { panelOf, SAID } from "./talk";
import { editOf, HOUSE, NOTHING_EDITED } from "./house";
import { EVENING, type Ticket } from "./tickets";

const SOUNDS: readonly Sound[] = ["new_order", "changed", "voided", "late", "ready", "link_lost"];
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
  /** How talking stands; absent = no talk button. */
  talking: Talk | undefined;
  /** What the next turn comes to: a name of what can be said, or a turn that is never answered. */
  willHear: keyof typeof SAID = "done";
  /** How long a turn is sent, and thought about. */
  turnMs = 300;
  failTalk: Fault | undefined;
  house: HouseEdit = NOTHING_EDITED;
  /** Every call that reached it, for the tests. */
  readonly presses: Press[] = [];
  readonly goes: Go[] = [];
  readonly talks: TalkPress[] = [];
  readonly paintedCursors: Cursor[] = [];
  retries = 0;
  mounts = 0;
  /** What the next calls fail with. */
  failMount: Fault | undefined;
  failPress: Fault | undefined;
  /** How long an act can be taken back. */
  undoMs = 5_000;
  /** How long a press takes. */
  pressMs = 4;
  /** Pulls are not answered any more. */
  mute = false;

  readonly #started = performance.now();
  #toasts: Toast[] = [];
  readonly #stock = new Map<string, number | undefined>();
  readonly #undos = new Map<string, () => void>();
  #review: string | undefined;
  #asked = false;
  #parked: { ticket: Ticket; at: number }[] = [];
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
      parked: 0,
      late: 0,
      page: 1,
      pages: 1,
      glass: { px_per_mm: null, text: "normal" },
      scheduled_soon: 0,
      sounds: SOUNDS.map((sound) => ({ sound, volume: 60 })),
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
      case "screen":
        this.head = { ...head, screen: go.number };
        break;
      case "edit_house":
        this.house = editOf(HOUSE, HOUSE);
        break;
      case "draft_house":
        this.house = editOf(HOUSE, go.house);
        break;
      case "leave_house":
        this.house = NOTHING_EDITED;
        break;
      case "closing":
        this.#asked = go.asked;
        break;
      case "text":
        this.head = { ...head, glass: { ...head.glass, text: go.text } };
        break;
      case "volume": {
        const { sound, volume } = go;
        this.head = {
          ...head,
          sounds: head.sounds.map((held) => (held.sound === sound ? { sound, volume } : held)),
        };
        break;
      }
      case "by_table": {
        const { by_table: _____, ...rest } = head;
        this.head = { ...rest, ...(go.on ? { by_table: true } : {}) };
        break;
      }
      case "dismiss":
        this.notices = this.notices.filter((notice) => notice.id !== go.notice);
        break;
    }
    this.#changed();
  }

  async talk(_: MountRef, press: TalkPress): Promise<void> {
    this.talks.push(press);
    if (this.failTalk) throw this.failTalk;
    const { talking } = this;
    if (!talking) return;
    const begins = talking.turn === "ready";
    switch (press.talk) {
      case "down":
        if (begins && !talking.fault) this.#turn("listening");
        else if (talking.mode === "toggle") this.#hear();
        break;
      case "up":
        if (talking.mode === "hold") this.#hear();
        break;
      case "cancel":
      case "reset":
        this.#turn("ready");
        break;
      case "choose": {
        const { said } = talking;
        if (said?.outcome.kind !== "asked" || said.id !== press.said) break;
        const act = said.outcome.choices[press.choice];
        if (act) this.#come({ ...said, outcome: { kind: "done", act } });
        break;
      }
      case "dismiss":
        if (talking.said?.id === press.said) this.#come(undefined);
        break;
      case "mode":
        this.talking = { ...talking, mode: press.mode };
        break;
      case "microphone": {
        const { chosen: __, ...panel } = talking.panel ?? panelOf();
        const name = panel.devices.find(({ id }) => id === press.id)?.name ?? panel.devices[0]!.name;
        this.talking = {
          ...talking,
          panel: { ...panel, heard: name, ...(press.id === undefined ? {} : { chosen: press.id }) },
        };
        break;
      }
      case "panel": {
        const { panel: held, ...rest } = talking;
        this.talking = { ...rest, ...(press.open ? { panel: held ?? panelOf() } : {}) };
        break;
      }
    }
    this.#changed();
  }

  /** The button is up: it is sent, thought about, and known. */
  #hear(): void {
    if (this.talking?.turn !== "listening") return;
    this.#turn("sending");
    setTimeout(() => {
      if (this.talking?.turn !== "sending") return;
      this.#turn("thinking");
      this.#changed();
      setTimeout(() => {
        if (this.talking?.turn !== "thinking") return;
        this.#turn("ready");
        const said = SAID[this.willHear];
        this.#come(said && { ...said, until: this.now() + 8_000 });
        this.#changed();
      }, this.turnMs);
    }, this.turnMs);
  }

  #turn(turn: Talk["turn"]): void {
    if (this.talking) this.talking = { ...this.talking, turn, since: this.now() };
  }

  /** What a turn came to is on the glass; a bump of a ticket that is there is done. */
  #come(said: Said | undefined): void {
    if (!this.talking) return;
    const { said: _, ...rest } = this.talking;
    this.talking = { ...rest, ...(said ? { said } : {}) };
    const act = said?.outcome.kind === "done" ? said.outcome.act : undefined;
    const ticket = this.tickets.find(({ label }) => JSON.stringify(label) === JSON.stringify(act?.label));
    if (act?.verb === "bump" && act.items.length === 0 && ticket) this.#bump(ticket.order);
  }

  async connectionRetry(): Promise<void> {
    this.retries += 1;
  }

  /** Forgets who looks, as after a restart: the page has to mount its view anew. */
  remount(): void {
    this.#revision += 1;
    if (this.talking) {
      const { panel: _, ...rest } = this.talking;
      this.talking = rest;
    }
    this.#answer(this.picture(), this.#revision + 1);
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
      case "bump_table": {
        const bumped = press.tickets.map(({ order }) => this.#bump(order, press.tickets.length));
        return bumped.some(Boolean);
      }
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
        return press.lines.every((line) =>
          this.#line(press.order, line, (held) => ({ ...held, state: "queued", done: 0 })),
        );
      case "acknowledge":
        return press.lines.every(({ line }) =>
          this.#line(press.order, line, (held) => ({ ...held, ...NO_CHANGE })),
        );
      case "start":
      case "unstart": {
        const state = press.press === "start" ? "started" : "queued";
        const from = press.press === "start" ? "queued" : "started";
        for (const { line } of press.lines) {
          this.#line(press.order, line, (held) => (held.state === from ? { ...held, state } : held));
        }
        return true;
      }
      case "start_selected":
      case "rush_selected":
      case "hold_selected":
      case "fire_selected": {
        const card = this.#shown!.cards.find((held) => held.id === this.head.selected);
        const what = card && selectedPress(press.press, card);
        return what !== undefined && this.#do(what);
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
        this.#offer(press.order, "held", this.undoMs, () => this.#ticket(press.order, { held: false }));
        return true;
      case "release":
        return this.#ticket(press.order, { held: false });
      case "configure":
        this.house = NOTHING_EDITED;
        this.#offerTo(
          { order: "menu", label: { kind: "name", text: "" }, order_type: "dine_in" },
          "configured",
          this.undoMs,
          () => {},
        );
        return true;
      case "take":
        return this.#ticket(press.order, { taken: { whose: "ours" } });
      case "put_back":
        return this.#ticket(press.order, { taken: { whose: "nobodys" } });
      case "park":
        this.park(press.order);
        this.#offer(
          press.order,
          "parked",
          this.undoMs,
          () => this.#unpark(press.order),
          this.#parked.map((p) => p.ticket),
        );
        return true;
      case "unpark":
        return this.#unpark(press.order);
      case "close": {
        const orders = press.tickets.map(({ order }) => order);
        const before = this.tickets;
        if (press.how === "park") for (const order of orders) this.park(order);
        else this.tickets = before.filter((ticket) => !orders.includes(ticket.order));
        const what = { bump: "bumped_all", park: "parked_all", void: "voided_all" } as const;
        const undo = () => {
          this.#parked = this.#parked.filter(({ ticket }) => !orders.includes(ticket.order));
          this.tickets = before;
        };
        const to = {
          order: orders[0]!,
          label: { kind: "name" as const, text: "" },
          order_type: "dine_in" as const,
        };
        this.#offerTo(to, what[press.how], 2 * this.undoMs, undo, orders.length);
        return orders.length > 0;
      }
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
        this.#offerTo({ order: "menu", label, order_type: "dine_in" }, "stocked", this.undoMs, () =>
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
        this.#offer(press.order, "transferred", this.undoMs, () => (this.tickets = before), before);
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

  /** Puts a ticket aside, as an evening does. */
  park(order: string, at = this.now()): void {
    const ticket = this.tickets.find((held) => held.order === order);
    if (!ticket) return;
    this.#parked.push({ ticket, at });
    this.tickets = this.tickets.filter((held) => held !== ticket);
  }

  #unpark(order: string): boolean {
    const parked = this.#parked.find(({ ticket }) => ticket.order === order);
    if (!parked) return false;
    this.#parked = this.#parked.filter((held) => held !== parked);
    this.tickets = [parked.ticket, ...this.tickets];
    return true;
  }

  #ticket(order: string, what: Partial<Ticket>): boolean {
    this.tickets = this.tickets.map((ticket) => (ticket.order === order ? { ...ticket, ...what } : ticket));
    return true;
  }

  #offer(order: string, what: Done, ms: number, undo: () => void, tickets = this.tickets): void {
    const ticket = tickets.find((held) => held.order === order);
    if (ticket) this.#offerTo(ticket, what, ms, undo);
  }

  #offerTo(
    to: Pick<Toast, "order" | "label" | "order_type">,
    what: Done,
    ms: number,
    undo: () => void,
    count?: number,
  ): void {
    const operation = `${what}${this.presses.length}`;
    const { order, label, order_type } = to;
    this.#undos.set(operation, undo);
    const offered = { operation, order, label, order_type, until: this.now() + ms, what };
    this.#toasts = [...this.#toasts, count === undefined ? offered : { ...offered, count }];
    setTimeout(() => {
      this.#toasts = this.#toasts.filter((toast) => toast.operation !== operation);
      this.#changed();
    }, ms);
  }

  #reviewed(): Whole["review"] {
    const bumped = this.#bumped.find(({ ticket }) => ticket.order === this.#review)?.ticket;
    const parked = this.#parked.find(({ ticket: held }) => held.order === this.#review)?.ticket;
    const ticket = bumped ?? parked ?? this.tickets.find((held) => held.order === this.#review);
    const card = ticket && partsOf(ticket, { ...ROUGH, rows: 99 })[0];
    return card ? { card } : {};
  }

  #bump(order: string, tickets = 1): boolean {
    const ticket = this.tickets.find((held) => held.order === order);
    if (!ticket) return false;
    const operation = `bump${this.presses.length}${tickets > 1 ? `/${order}` : ""}`;
    this.#bumped.push({ ticket, operation, at: this.now(), index: this.tickets.indexOf(ticket) });
    this.tickets = this.tickets.filter((held) => held !== ticket);
    const { label, order_type } = ticket;
    const until = this.now() + this.undoMs;
    const toast = { operation, order, label, order_type, until, ...(tickets > 1 ? { count: tickets } : {}) };
    this.#toasts = [...this.#toasts, toast];
    setTimeout(() => {
      this.#toasts = this.#toasts.filter((held) => held.operation !== operation);
      this.#changed();
    }, this.undoMs);
    return true;
  }

  /** Of several that were bumped by one touch, all. */
  #unbump(operation: string): boolean {
    const touch = operation.split("/")[0]!;
    const same = this.#bumped.filter((held) => held.operation.split("/")[0] === touch);
    return same
      .toReversed()
      .map((held) => this.#unbumpOne(held.operation))
      .some(Boolean);
  }

  #unbumpOne(operation: string): boolean {
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
        parked: this.#parked.length,
        scheduled_soon: this.scheduled.filter((row) => row.soon).length,
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
      ...(this.talking ? { talk: this.talking } : {}),
      house: this.house,
      closing: {
        asked: this.#asked,
        tickets: this.#asked ? this.tickets.map(openOf) : [],
      },
    };
  }

  #recall(): Row[] {
    const words = (this.head.search ?? "").toLowerCase().split(" ");
    const found = this.#bumped.filter(({ ticket }) => {
      const own = `${ticket.number} ${ticket.label.text} ${ticket.lines.map((line) => line.name).join(" ")}`;
      return words.every((word) => own.toLowerCase().includes(word));
    });
    const parked = this.#parked.map(({ ticket, at }) => ({ ...rowOf(ticket, at), parked: true }));
    const bumped = found.toReversed().map(({ ticket, operation, at }) => ({
      ...rowOf(ticket, at),
      bump: operation,
    }));
    return [...parked, ...bumped];
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

  /** The tickets of one table behind its oldest, where the view wants that. */
  #inOrder(): Ticket[] {
    if (!this.head.by_table) return this.tickets;
    const tables = new Map<string, Ticket[]>();
    for (const ticket of this.tickets) {
      const key = ticket.label.kind === "table" && !ticket.held ? ticket.label.text : ticket.order;
      tables.set(key, [...(tables.get(key) ?? []), ticket]);
    }
    return [...tables].flatMap(([name, held]) =>
      held.length < 2
        ? held
        : held.map((ticket, n) => ({ ...ticket, table: { name, position: n + 1, tickets: held.length } })),
    );
  }

  /** Fills the cells column by column; what is too long gets more rows, then more parts. */
  #pages(): { card: Card; place: Place }[][] {
    const grid = this.grid ?? ROUGH;
    const pages: { card: Card; place: Place }[][] = [[]];
    let [column, row] = [1, 1];
    for (const ticket of this.#inOrder()) {
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

function openOf(ticket: Ticket): OpenTicket {
  const { order, seen, label, order_type, since } = ticket;
  const lines = ticket.lines.map((line) => ({ line: line.id, upto: line.quantity }));
  return { ticket: { order, seen, lines }, label, order_type, since };
}

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

function headHeight(
  ticket: { note: string | null; problem?: Fault; progress?: { name: string }[] },
  grid: Grid,
): number {
  const stations = ticket.progress?.reduce((sum, { name }) => sum + name.length + 7, 0) ?? 0;
  const rows = Math.ceil(stations / grid.row_chars) + (ticket.problem ? 2 : 0);
  return (rowsOf(ticket.note, grid.row_chars - 10) + rows) * grid.row_px;
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
    rowsOf(line.note, grid.row_chars - 2) +
    (line.start?.kind === "later" ? rowsOf(`start in 10 min, with ${line.start.with}`, grid.row_chars - 2) : 0) +
    (line.start?.kind === "now" ? 1 : 0);
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

/** What a key means for the selected card. */
function selectedPress(
  key: "start_selected" | "rush_selected" | "hold_selected" | "fire_selected",
  { order, seen, bump: lines, rush, held, next_course: course }: Card,
): Press | undefined {
  switch (key) {
    case "start_selected":
      return { press: "start", order, seen, lines };
    case "rush_selected":
      return { press: rush ? "unrush" : "rush", order, seen };
    case "hold_selected":
      return { press: held ? "release" : "hold", order, seen };
    case "fire_selected":
      return course && { press: "fire", order, seen, course: course.number };
  }
}
