/**
 * Fingers. One place takes every touch of the board and turns it into an act.
 *
 * **An act happens when the finger comes down**, with what the element stood for in that moment. Waiting for the finger
 * to rise would let a wet finger that slides lose its touch, and would have to guess what was meant when the board moved
 * in between; and all of these acts can be taken back by one more touch (a line) or by UNDO (a bump). What stands in
 * a list that scrolls, and in sheets, acts on `click` instead, so that scrolling by a button is no press of it; it still
 * acts with what was there when the finger came down.
 *
 * **What is held is held by its finger**, from when it comes down until that very finger rises, wherever it has slid by
 * then, and also when what it came down on has left the page.
 *
 * **A bounce is no second touch.** A wet finger can leave the glass for some milliseconds. By then the board may have
 * closed the gap and another ticket's BUMP may lie under it: a press that follows another at the same spot within
 * `BOUNCE_MS` is dropped.
 *
 * **What has only just come there was not meant.** When somebody else's act moves the cards, a finger that is nearly down
 * would press another one than it went for: such a touch is told to `surprise` and presses nothing (`moves.ts`).
 *
 * **Touch events, not only pointer events.** WebKitGTK 2.50 gives no pointer events for touches (2.52 does): it would
 * synthesise a mouse from the first finger only, and after it rose. So `touchstart` counts, a pointer event of the same
 * touch is recognised as such, and a mouse that follows a touch within `GHOST_MS` is taken for its echo.
 */

/** What an element does when it is touched: made when the finger comes down, from what is there then. */
export interface Act {
  run(): void;
  /** Presses of orders are guarded against bounces; turning pages fast is not. */
  bounces?: boolean;
}

/** What an element does while it is held. */
export interface Hold {
  begin(): void;
  end(): void;
  /** A press by a thing that cannot hold: a key on a focused button, a screen reader. */
  click(): void;
}

/** A second press nearer and sooner than this is the first one's echo. */
const BOUNCE_MS = 250;
const BOUNCE_MM = 10;
/** How long after a touch the web view may still send the mouse that it makes of it. */
const GHOST_MS = 800;
/** How far apart the two events of one touch may be: they carry the same place, and come one right after the other. */
const TWIN_PX = 2;
const TWIN_MS = 100;

type Entry =
  | { when: "down" | "click"; act: () => Act | undefined }
  | { when: "hold"; act: () => Hold | undefined };

interface Spot {
  x: number;
  y: number;
  at: number;
}

export class Touch {
  readonly #acts = new WeakMap<Element, Entry>();
  readonly #meant = new WeakMap<Element, Act>();
  /** By finger: what ends when it rises. */
  readonly #holds = new Map<string, Hold>();
  readonly #onAny: () => void;
  readonly #mm: () => number;
  readonly #surprise: (element: Element, at: number) => boolean;
  #bounce: Spot | undefined;
  #twins: Spot[] = [];
  #lastTouch = Number.NEGATIVE_INFINITY;

  /**
   * `onAny` hears of every finger that comes down; `mm` are the pixels of a millimetre; `surprise` says whether what is
   * touched came under the finger unseen.
   */
  constructor(
    mm: () => number,
    onAny: () => void,
    surprise: (element: Element, at: number) => boolean = () => false,
  ) {
    this.#mm = mm;
    this.#onAny = onAny;
    this.#surprise = surprise;
  }

  /** For `ref`: acts when a finger comes down. */
  down(act: () => Act | undefined): (element: Element) => void {
    return this.#register({ when: "down", act });
  }

  /** For `ref`: acts on a click, with what was there when the finger came down. */
  click(act: () => Act | undefined): (element: Element) => void {
    return this.#register({ when: "click", act });
  }

  /** For `ref`: begins when a finger comes down, ends when that finger rises. */
  hold(act: () => Hold | undefined): (element: Element) => void {
    return this.#register({ when: "hold", act });
  }

  /** Takes the touches of `root` and all in it, until the returned function is called. */
  listen(root: HTMLElement): () => void {
    const stop = new AbortController();
    const { signal } = stop;
    root.addEventListener("touchstart", (event) => this.#touchstart(event), { signal, passive: false });
    root.addEventListener("pointerdown", (event) => this.#pointerdown(event), { signal });
    root.addEventListener("click", (event) => this.#click(event), { signal });
    // A finger takes no focus and neither does a mouse: Enter means the selected card, not what was clicked last.
    root.addEventListener("mousedown", (event) => this.#touchable(event.target) && event.preventDefault(), {
      signal,
    });
    root.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
    for (const end of ["pointerup", "pointercancel"] as const) {
      addEventListener(end, (event) => this.#rise(pointerOf(event)), { signal });
    }
    return () => {
      stop.abort();
      for (const finger of this.#holds.keys()) this.#rise(finger);
    };
  }

  #register(entry: Entry): (element: Element) => void {
    return (element) => {
      this.#acts.set(element, entry);
      element.setAttribute("data-touch", entry.when);
    };
  }

  #touchstart(event: TouchEvent): void {
    this.#lastTouch = event.timeStamp;
    let scrolls = false;
    for (const touch of event.changedTouches) {
      const target = touch.target instanceof Element ? touch.target : undefined;
      const holds = this.#touchable(target)?.matches("[data-touch=hold]") === true;
      scrolls ||= !holds && target?.closest("[data-scroll], dialog") !== null;
      const spot = { x: touch.clientX, y: touch.clientY, at: event.timeStamp };
      if (this.#isTwin(spot)) continue;
      const finger = `touch ${touch.identifier}`;
      this.#comeDown(target, spot, finger);
      // Its end is told to what it came down on alone, wherever that is by then.
      if (this.#holds.has(finger) && target) this.#awaitRise(target, touch.identifier);
    }
    // Off the lists nothing scrolls and nothing waits for a click: no mouse is to be made of this touch.
    if (!scrolls && event.cancelable) event.preventDefault();
  }

  #pointerdown(event: PointerEvent): void {
    const spot = { x: event.clientX, y: event.clientY, at: event.timeStamp };
    if (event.pointerType === "touch") {
      this.#twins = [...this.#twins.filter((twin) => spot.at - twin.at < TWIN_MS), spot];
    } else if (event.button !== 0 || spot.at - this.#lastTouch < GHOST_MS) {
      return;
    }
    this.#comeDown(event.target instanceof Element ? event.target : undefined, spot, pointerOf(event));
  }

  #awaitRise(target: Element, identifier: number): void {
    const stop = new AbortController();
    const rise = (event: Event): void => {
      const { changedTouches } = event as TouchEvent;
      if (![...changedTouches].some((touch) => touch.identifier === identifier)) return;
      stop.abort();
      this.#lastTouch = event.timeStamp;
      this.#rise(`touch ${identifier}`);
    };
    for (const end of ["touchend", "touchcancel"]) target.addEventListener(end, rise, { signal: stop.signal });
  }

  #rise(finger: string): void {
    const hold = this.#holds.get(finger);
    this.#holds.delete(finger);
    hold?.end();
  }

  #click(event: MouseEvent): void {
    const element = this.#touchable(event.target);
    if (!element) return;
    const entry = this.#acts.get(element);
    // No finger was there (a key on a focused button, a screen reader): what is there now is meant.
    if (event.detail === 0) {
      if (entry?.when === "hold") entry.act()?.click();
      else entry?.act()?.run();
      return;
    }
    if (entry?.when !== "click") return;
    const act = this.#meant.get(element);
    this.#meant.delete(element);
    act?.run();
  }

  #comeDown(target: Element | undefined, spot: Spot, finger: string): void {
    const element = this.#touchable(target);
    const entry = element && this.#acts.get(element);
    if (entry?.when === "hold") {
      const hold = entry.act();
      this.#onAny();
      if (!hold) return;
      // Should the web view have kept to itself that it rose.
      this.#rise(finger);
      this.#holds.set(finger, hold);
      hold.begin();
      return;
    }
    const act = entry?.act();
    this.#onAny();
    if (!element || !entry || !act) return;
    if (this.#surprise(element, spot.at)) return;
    if (act.bounces && this.#isBounce(spot)) return;
    if (act.bounces) this.#bounce = spot;
    if (entry.when === "down") act.run();
    else this.#meant.set(element, act);
  }

  #touchable(target: EventTarget | null | undefined): Element | undefined {
    return (target instanceof Element && target.closest("[data-touch]:not(:disabled)")) || undefined;
  }

  #isBounce({ x, y, at }: Spot): boolean {
    const last = this.#bounce;
    return (
      last !== undefined && at - last.at < BOUNCE_MS && Math.hypot(x - last.x, y - last.y) < BOUNCE_MM * this.#mm()
    );
  }

  /** Whether a pointer event has already stood for this touch. */
  #isTwin({ x, y, at }: Spot): boolean {
    const twin = this.#twins.findIndex(
      (other) => at - other.at < TWIN_MS && Math.abs(x - other.x) <= TWIN_PX && Math.abs(y - other.y) <= TWIN_PX,
    );
    if (twin < 0) return false;
    this.#twins.splice(twin, 1);
    return true;
  }
}

function pointerOf({ pointerId }: PointerEvent): string {
  return `pointer ${pointerId}`;
}
