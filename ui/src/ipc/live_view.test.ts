import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { randomFrom } from "../../test/random";
import type { Fault } from "../generated/Fault";
import type { Frame } from "../generated/Frame";
import type { Grid } from "../generated/Grid";
import type { Mounted } from "../generated/Mounted";
import type { Pressed } from "../generated/Pressed";
import type { TalkPress } from "../generated/TalkPress";
import type { Backend, Cursor, MountRef } from "./backend";
import { LiveView, type Phase, PRESS_LIMIT_MS, SILENCE_MS } from "./live_view";

const FAULT: Fault = { code: "order_unknown", params: {}, retry: false };
const GRID: Grid = {
  columns: 4,
  rows: 2,
  cell_body_px: 1,
  cell_row_px: 1,
  line_px: 1,
  row_px: 1,
  dim_px: 1,
  name_chars: 1,
  row_chars: 1,
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("R4.1 mounting is single-flight", () => {
  it("R4.1 concurrent mounts share one attempt and its outcome", async () => {
    const { backend, view } = scene();
    const mounts = [view.mount(), view.mount(), view.mount()];
    expect(backend.calls("mount")).toBe(1);
    backend.answer("mount", mounted(1));
    await Promise.all(mounts);
    expect(backend.calls("nextFrame")).toBe(1);
  });

  it("R4.1 a failed mount fails for all who waited, says why, and can be retried", async () => {
    const { backend, view, phases } = scene();
    const mounts = [view.mount(), view.mount()];
    backend.fail("mount", FAULT);
    for (const mount of mounts) await expect(mount).rejects.toEqual(FAULT);
    expect(phases.at(-1)).toEqual({ phase: "failed", fault: FAULT });
    const again = view.mount();
    expect(backend.calls("mount")).toBe(2);
    backend.answer("mount", mounted(2));
    await again;
    expect(phases.at(-1)).toEqual({ phase: "live" });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(backend.calls("mount")).toBe(2);
  });

  it("R4.1 a failed mount is retried by itself, ever slower up to a second", async () => {
    const { backend, view } = scene();
    view.open();
    for (const wait of [200, 400, 800, 1000, 1000]) {
      const before = backend.calls("mount");
      backend.fail("mount", FAULT);
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(backend.calls("mount")).toBe(before);
      await vi.advanceTimersByTimeAsync(1);
      expect(backend.calls("mount")).toBe(before + 1);
    }
  });
});

describe("R4.2 after the view has gone nothing reaches it", () => {
  it("R4.2 a mount that finishes after the close changes nothing and raises nothing", async () => {
    const { backend, view, frames, phases } = scene();
    const mount = view.mount();
    view.close();
    const before = phases.length;
    backend.answer("mount", mounted(7));
    await mount;
    expect(frames).toEqual([]);
    expect(phases.length).toBe(before);
    expect(backend.last("unmount")).toEqual({ view: "v", mount: 7 });
    expect(backend.calls("nextFrame")).toBe(0);
  });

  it("R4.2 a mount that fails after the close raises nothing", async () => {
    const { backend, view, phases } = scene();
    const mount = view.mount();
    view.close();
    const before = phases.length;
    backend.fail("mount", FAULT);
    await expect(mount).resolves.toBeUndefined();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(phases.length).toBe(before);
    expect(backend.calls("mount")).toBe(1);
  });

  it("R4.2 late frames, presses and timers are dropped", async () => {
    const { backend, view, frames, phases } = await mountedScene();
    const press = view.press({ press: "bump_selected" });
    const go = view.go({ go: "page", page: 2 });
    view.close();
    view.close();
    const before = [frames.length, phases.length];
    backend.answer("nextFrame", change(1, 1, 2));
    backend.fail("press", FAULT);
    backend.fail("go", FAULT);
    expect(await press).toEqual({ answer: "gone" });
    expect(await go).toBeUndefined();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([frames.length, phases.length]).toEqual(before);
    expect(backend.calls("unmount")).toBe(1);
  });

  it("R4.2 10,000 mounts and unmounts under load: 0 stale deliveries", async () => {
    const chance = randomFrom(42);
    const closed = new Set<number>();
    let stale = 0;
    for (let n = 0; n < 10_000; n += 1) {
      const backend = new Scripted();
      const sink = {
        frame: () => (stale += closed.has(n) ? 1 : 0),
        phase: () => (stale += closed.has(n) ? 1 : 0),
      };
      const view = new LiveView(backend, sink, () => undefined);
      view.open();
      const steps = [
        () => backend.tryAnswer("mount", mounted(n)),
        () => backend.tryAnswer("nextFrame", change(n, 1, 2)),
        () => backend.tryFail("mount", FAULT),
        () => backend.tryFail("nextFrame", FAULT),
        () => void view.press({ press: "recall_last" }),
        () => view.open(),
        () => Promise.resolve(),
      ];
      for (let step = chance.below(6); step > 0; step -= 1) await chance.one(steps)();
      view.close();
      closed.add(n);
      for (const name of ["mount", "nextFrame", "press"] as const) {
        if (chance.maybe()) backend.tryFail(name, FAULT);
      }
      backend.tryAnswer("mount", mounted(n));
      backend.tryAnswer("nextFrame", change(n, 1, 2));
      await Promise.resolve();
    }
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stale).toBe(0);
  });
});

describe("R4.3 every change once and in order", () => {
  it("R4.3 pulls on from the revision it holds", async () => {
    const { backend, frames } = await mountedScene();
    for (let revision = 2; revision < 6; revision += 1) {
      expect(backend.last("nextFrame")).toEqual({ view: "v", mount: 1, revision: revision - 1 });
      backend.answer("nextFrame", change(1, revision - 1, revision));
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(frames.map((frame) => frame.revision)).toEqual([1, 2, 3, 4, 5]);
  });

  it("R4.3 a gap asks for a new snapshot", async () => {
    const { backend, frames } = await mountedScene();
    backend.answer("nextFrame", change(1, 5, 6));
    await vi.advanceTimersByTimeAsync(0);
    expect(frames.length).toBe(1);
    expect(backend.calls("mount")).toBe(2);
  });

  it("R4.3 a frame of another mount is thrown away and asks for a new snapshot", async () => {
    const { backend, frames } = await mountedScene();
    backend.answer("nextFrame", change(9, 1, 2));
    await vi.advanceTimersByTimeAsync(0);
    expect(frames.length).toBe(1);
    expect(backend.calls("mount")).toBe(2);
  });

  it("R4.3 a refused pull waits a moment and mounts again, without a word to the cook", async () => {
    const { backend, phases } = await mountedScene();
    backend.fail("nextFrame", FAULT);
    await vi.advanceTimersByTimeAsync(199);
    expect(backend.calls("mount")).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(backend.calls("mount")).toBe(2);
    backend.answer("mount", mounted(2));
    await vi.advanceTimersByTimeAsync(0);
    expect(phases.map(({ phase }) => phase)).not.toContain("silent");
  });

  it("a silence shows, mounts again, and ends with the next picture", async () => {
    const { backend, phases } = await mountedScene();
    await vi.advanceTimersByTimeAsync(SILENCE_MS - 1);
    expect(phases.at(-1)).toEqual({ phase: "live" });
    await vi.advanceTimersByTimeAsync(1);
    expect(phases.at(-1)?.phase).toBe("silent");
    await vi.advanceTimersByTimeAsync(200);
    backend.answer("mount", mounted(2));
    await vi.advanceTimersByTimeAsync(0);
    expect(phases.at(-1)).toEqual({ phase: "live" });
  });
});

describe("what the page tells", () => {
  it("a press is answered, refused, or given up with a word", async () => {
    const { backend, view } = await mountedScene();
    const pressed = view.press({ press: "bump_selected" });
    backend.answer("press", { operation: "op" });
    expect(await pressed).toEqual({ answer: "pressed", pressed: { operation: "op" } });
    const refused = view.press({ press: "bump_selected" });
    backend.fail("press", FAULT);
    expect(await refused).toEqual({ answer: "refused", fault: FAULT });
    const hung = view.press({ press: "bump_selected" });
    await vi.advanceTimersByTimeAsync(PRESS_LIMIT_MS);
    expect(await hung).toMatchObject({ answer: "refused", fault: { code: "not_answering" } });
  });

  it("a press without a mount is refused at once", async () => {
    const { view } = scene();
    expect(await view.press({ press: "bump_selected" })).toMatchObject({ answer: "refused" });
  });

  it("the grid is told when it is news, and to every new mount", async () => {
    const { backend, view } = await mountedScene();
    view.setGrid(GRID);
    view.setGrid({ ...GRID });
    expect(backend.calls("setGrid")).toBe(1);
    view.setGrid({ ...GRID, columns: 3 });
    expect(backend.calls("setGrid")).toBe(2);
    backend.answer("nextFrame", change(1, 5, 6));
    await vi.advanceTimersByTimeAsync(0);
    backend.answer("mount", mounted(2));
    await vi.advanceTimersByTimeAsync(0);
    expect(backend.last("setGrid")).toEqual({ view: "v", mount: 2, revision: 1 });
    expect(backend.calls("setGrid")).toBe(3);
  });

  it("painted is told once per picture, the latest one when several came at once", async () => {
    const { backend, paints } = await mountedScene();
    for (let revision = 2; revision < 5; revision += 1) {
      backend.answer("nextFrame", change(1, revision - 1, revision));
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(paints.length).toBe(1);
    paints.shift()?.();
    paints.shift()?.();
    expect(backend.told("painted")).toEqual([1, 4]);
    backend.answer("nextFrame", change(1, 4, 4));
    await vi.advanceTimersByTimeAsync(0);
    expect(paints.length).toBe(0);
  });
});

describe("talking", () => {
  it("what a hand does arrives in the order it was done", async () => {
    const { backend, view } = await mountedScene();
    const answers = [view.talk({ talk: "down" }), view.talk({ talk: "up" })];
    await vi.advanceTimersByTimeAsync(0);
    expect(backend.all("talk")).toEqual([{ talk: "down" }]);
    backend.answer("talk", undefined);
    await vi.advanceTimersByTimeAsync(0);
    expect(backend.all("talk")).toEqual([{ talk: "down" }, { talk: "up" }]);
    backend.fail("talk", FAULT);
    expect(await Promise.all(answers)).toEqual([undefined, FAULT]);
  });

  it("a word that is not answered holds up the next one only for a while", async () => {
    const { backend, view } = await mountedScene();
    const down = view.talk({ talk: "down" });
    const up = view.talk({ talk: "up" });
    await vi.advanceTimersByTimeAsync(PRESS_LIMIT_MS);
    expect((await down)?.code).toBe("not_answering");
    expect(backend.all("talk").length).toBe(2);
    backend.answer("talk", undefined);
    backend.answer("talk", undefined);
    expect(await up).toBeUndefined();
  });

  it("what was told before the page went still arrives, and its failure is nobody's", async () => {
    const { backend, view } = await mountedScene();
    const cancel = view.talk({ talk: "cancel" });
    view.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(backend.all("talk")).toEqual([{ talk: "cancel" }]);
    backend.fail("talk", FAULT);
    expect(await cancel).toBeUndefined();
    expect((await view.talk({ talk: "down" }))?.code).toBe("not_answering");
    expect(backend.all("talk").length).toBe(1);
  });
});

function scene() {
  const backend = new Scripted();
  const frames: Frame[] = [];
  const phases: Phase[] = [];
  const paints: (() => void)[] = [];
  const sink = {
    frame: (frame: Frame) => void frames.push(frame),
    phase: (phase: Phase) => void phases.push(phase),
  };
  return { backend, frames, phases, paints, view: new LiveView(backend, sink, (then) => void paints.push(then)) };
}

async function mountedScene() {
  const held = scene();
  const mount = held.view.mount();
  held.backend.answer("mount", mounted(1));
  await mount;
  return held;
}

function mounted(mount: number): Mounted {
  return { view: "v", frame: { mount, revision: 1, now: 0, cards: [], gone: [] } };
}

function change(mount: number, base: number, revision: number): Frame {
  return { mount, base, revision, now: 0, cards: [], gone: [] };
}

type Asked = "mount" | "nextFrame" | "press" | "go" | "talk";

/** A backend whose answers the test gives, one by one. */
class Scripted implements Backend {
  readonly #log: { name: string; args: unknown }[] = [];
  readonly #open = new Map<string, { resolve: (value: never) => void; reject: (fault: Fault) => void }[]>();

  mount = () => this.#ask<Mounted>("mount", undefined);
  nextFrame = (cursor: Cursor) => this.#ask<Frame>("nextFrame", cursor);
  press = (mount: MountRef) => this.#ask<Pressed>("press", mount);
  go = (mount: MountRef) => this.#ask<void>("go", mount);
  talk = (_: MountRef, press: TalkPress) => this.#ask<void>("talk", press);
  unmount = (mount: MountRef) => this.#tell("unmount", mount);
  painted = (cursor: Cursor) => this.#tell("painted", cursor);
  setGrid = (mount: MountRef) => this.#tell("setGrid", mount);
  connectionRetry = () => this.#tell("connectionRetry", undefined);

  calls(name: string): number {
    return this.#log.filter((call) => call.name === name).length;
  }

  last(name: string): unknown {
    return this.#log.findLast((call) => call.name === name)?.args;
  }

  all(name: string): unknown[] {
    return this.#log.filter((call) => call.name === name).map((call) => call.args);
  }

  told(name: string): number[] {
    return this.#log.filter((call) => call.name === name).map((call) => (call.args as Cursor).revision);
  }

  answer(name: Asked, value: unknown): void {
    if (!this.tryAnswer(name, value)) throw new Error(`nobody asked ${name}`);
  }

  fail(name: Asked, fault: Fault): void {
    if (!this.tryFail(name, fault)) throw new Error(`nobody asked ${name}`);
  }

  tryAnswer(name: Asked, value: unknown): boolean {
    const asked = this.#open.get(name)?.shift();
    asked?.resolve(value as never);
    return asked !== undefined;
  }

  tryFail(name: Asked, fault: Fault): boolean {
    const asked = this.#open.get(name)?.shift();
    asked?.reject(fault);
    return asked !== undefined;
  }

  #ask<T>(name: string, args: unknown): Promise<T> {
    this.#log.push({ name, args });
    return new Promise((resolve, reject) => {
      const waiting = this.#open.get(name) ?? [];
      waiting.push({ resolve: resolve as never, reject });
      this.#open.set(name, waiting);
    });
  }

  async #tell(name: string, args: unknown): Promise<void> {
    this.#log.push({ name, args });
  }
}
