/** Words as large as their place allows: read from two metres if there are few of them, and still whole if there are many. */

/** From the largest. The least is what can be read at arm's length. */
const STEPS = [1, 0.88, 0.77, 0.66, 0.56, 0.48] as const;

/**
 * Keeps `--shrink` of a box at the largest size at which its words fit into it, until the returned function is called.
 * When they fit at none, `drop` takes some away, as often as it says that it could. Sizes are watched, not contents, as on
 * the tickets.
 */
export function keepFitted(box: HTMLElement, words: HTMLElement, drop?: () => boolean): () => void {
  const observer = new ResizeObserver(() => shrink(box, words, drop));
  observer.observe(box);
  observer.observe(words);
  return () => observer.disconnect();
}

function shrink(box: HTMLElement, words: HTMLElement, drop: () => boolean = () => false): void {
  do {
    for (const step of STEPS) {
      box.style.setProperty("--shrink", String(step));
      if (words.offsetHeight <= box.clientHeight && words.scrollWidth <= box.clientWidth + 1) return;
    }
  } while (drop());
}
