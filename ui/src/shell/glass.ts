/**
 * The glass in millimetres. A finger and an eye know no pixels: everything on the board is sized in millimetres of the
 * monitor (`--mm`), and the text by what can be read at arm's length and two metres (KITCHEN_FACTS, Ergonomics).
 */

import type { Glass } from "../generated/Glass";
import type { TextSize } from "../generated/TextSize";

/** How the board is laid out on one glass. */
export interface Plan {
  /** CSS pixels per millimetre. */
  mm: number;
  /** Columns and rows of cells. */
  columns: number;
  rows: number;
  /** Text against the normal size. */
  text: number;
  /** Text of the bars against the full size; a narrow glass has less room for it. */
  bar: number;
  /** Low glass: heads and bars give some of their height to the lines. */
  low: boolean;
  /** Narrow glass: tabs and what else is in the bars stand in two rows. */
  narrow: boolean;
  /** Wide enough for what was said beside the counts, and not only in their place. */
  roomy: boolean;
}

/** Item text of 7.9, 9.9 and 12.2 mm. */
const TEXT: Record<TextSize, number> = { small: 0.8, normal: 1, large: 1.23 };
/** Monitors of kitchens, by their resolution: width and height in pixels, diagonal in inches. */
const MONITORS: readonly [number, number, number][] = [
  [1920, 1080, 21.5],
  [1366, 768, 15.6],
  [1024, 768, 15],
  [1280, 1024, 17],
  [1280, 800, 15.6],
  [1600, 900, 20],
  [2560, 1440, 27],
  [3840, 2160, 32],
];
const MM_PER_INCH = 25.4;
const ROOMY_MM = 400;
const CELL_WIDTH_MM = 100;
const CELL_HEIGHT_MM = 105;

/** How a page of `width` x `height` CSS pixels is laid out. */
export function planOf(width: number, height: number, glass: Glass | undefined, screen = { width, height }): Plan {
  const mm = glass?.px_per_mm ?? guess(screen.width, screen.height);
  const wide = width / mm;
  const high = height / mm;
  const low = high < 215;
  const narrow = wide < 300;
  const bars = (low ? 33 : 40) + (narrow ? 34 : 0);
  return {
    mm,
    columns: Math.max(1, Math.floor(wide / CELL_WIDTH_MM)),
    rows: Math.max(1, Math.round((high - bars) / CELL_HEIGHT_MM)),
    text: TEXT[glass?.text ?? "normal"],
    bar: narrow ? 0.8 : Math.min(1, Math.max(0.62, wide / 440)),
    low,
    narrow,
    roomy: wide >= ROOMY_MM,
  };
}

/** Pixels per millimetre of a monitor that does not say its size. */
function guess(width: number, height: number): number {
  const [long, short] = width > height ? [width, height] : [height, width];
  const known = MONITORS.find(([w, h]) => w === long && h === short);
  return known ? Math.hypot(long, short) / (known[2] * MM_PER_INCH) : 96 / MM_PER_INCH;
}
