/** Words as large as their place allows: read from two metres if there are few of them, and still whole if there are many. */

/** From the largest. The least is what can be read at arm's length. */
const STEPS = [1, 0.88, 0.77, 0.66, 0.56, 0.48] as const;

/**
 * Sets `--shrink` of an element to the largest size at which its content fits into it. When it fits at none, `drop` takes
 * something away, as often as it says that it could.
 */
export function shrink(element: HTMLElement, drop: () => boolean = () => false): void {
  for (;;) {
    for (const step of STEPS) {
      element.style.setProperty("--shrink", String(step));
      if (fits(element)) return;
    }
    if (!drop()) return;
  }
}

function fits(element: HTMLElement): boolean {
  return element.scrollHeight <= element.clientHeight + 1 && element.scrollWidth <= element.clientWidth + 1;
}
