/**
 * What the page may ask of the kitchen behind it. The one seam between the two: `tauri.ts` is the real one, the tests
 * and `npm run dev` bring a fake one, and nothing outside this folder knows the shell.
 *
 * The page decides nothing. Every call names the view and the mount it belongs to, so that a late one of an earlier
 * mount can be told apart by either side.
 */

import type { Fault } from "../generated/Fault";
import type { Frame } from "../generated/Frame";
import type { Go } from "../generated/Go";
import type { Grid } from "../generated/Grid";
import type { Mounted } from "../generated/Mounted";
import type { Press } from "../generated/Press";
import type { Pressed } from "../generated/Pressed";
import type { TalkPress } from "../generated/TalkPress";

/** Calls reject with a {@link Fault}. */
export interface Backend {
  /** Makes or takes over this window's view and gives its whole picture. */
  mount(): Promise<Mounted>;
  /** Waits (some 12 s at most) for a change after `revision`; answers without one as a sign of life. */
  nextFrame(cursor: Cursor): Promise<Frame>;
  /** The page goes away; nothing is wanted any more. */
  unmount(mount: MountRef): Promise<void>;
  /** The picture of `revision` is on the glass. */
  painted(cursor: Cursor): Promise<void>;
  /** How much fits on the glass. */
  setGrid(mount: MountRef, grid: Grid): Promise<void>;
  /** A press; answered once it is durable. */
  press(mount: MountRef, press: Press): Promise<Pressed>;
  /** Where the view should look next. */
  go(mount: MountRef, go: Go): Promise<void>;
  /** What the talk button, a question on the glass or the voice panel says. */
  talk(mount: MountRef, press: TalkPress): Promise<void>;
  /** Somebody wants the link tried now. */
  connectionRetry(): Promise<void>;
}

/** One mount of one view. */
export interface MountRef {
  view: string;
  mount: number;
}

/** How far a mount has come. */
export interface Cursor extends MountRef {
  revision: number;
}

/** Whatever a rejected call carries, as a fault with a sentence. */
export function faultOf(error: unknown): Fault {
  if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "string") {
    const fault = error as Partial<Fault> & { code: string };
    return { code: fault.code, params: fault.params ?? {}, retry: fault.retry ?? false };
  }
  const detail = error instanceof Error ? error.message : String(error);
  return { code: "unexpected", params: { detail }, retry: true };
}
