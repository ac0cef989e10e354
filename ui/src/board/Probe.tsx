/**
 * A ticket that nobody sees, in the first cell of the grid: how high a row is and how many letters fit in it is measured
 * on the real thing and told to the kitchen behind the page, which decides what fits on a page.
 */

import { createEffect, type JSX, on, onCleanup, onMount } from "solid-js";
import type { Grid } from "../generated/Grid";
import { useKitchen } from "../shell/kitchen";

/** Letters as menus use them, for the width of an average one. */
const LETTERS = "Mushroom risotto with parmesan";
/** Words do not break at the last letter that fits. */
const SURELY = 0.92;
/**
 * A ticket may be told to be this much fuller than its cell: the first step of the fitter makes room for it, and text a
 * tenth smaller on one ticket costs a cook less than another page.
 */
const FULLER = 0.9;

export function Probe(): JSX.Element {
  const { view, plan } = useKitchen();
  let probe!: HTMLDivElement;
  let frame = 0;

  const later = (): void => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      const grid = measure(probe, plan().columns, plan().rows);
      if (grid) view.setGrid(grid);
    });
  };
  onMount(() => {
    const observer = new ResizeObserver(later);
    for (const part of probe.querySelectorAll(".body, .line")) observer.observe(part);
    onCleanup(() => observer.disconnect());
  });
  createEffect(on(plan, later));
  onCleanup(() => cancelAnimationFrame(frame));

  return (
    <div class="grid probe" aria-hidden="true" inert ref={probe}>
      <div class="ticket">
        <div class="head">
          <span class="label">
            <span>0</span>
          </span>
        </div>
        <div class="about">
          <span class="known">0</span>
        </div>
        <div class="body">
          <div class="lines">
            <ul>
              <li>
                <div class="line own one">
                  <span class="quantity">8</span>
                  <span class="what">
                    <span class="name">
                      <span class="item">M</span>
                    </span>
                  </span>
                  <span class="mark" />
                </div>
              </li>
              <li>
                <div class="line own two">
                  <span class="quantity">8</span>
                  <span class="what">
                    <span class="name">
                      <span class="item letters">{LETTERS}</span>
                    </span>
                    <span class="modifier plain">
                      <span class="letters">{LETTERS}</span>
                    </span>
                  </span>
                  <span class="mark" />
                </div>
              </li>
              <li class="line elsewhere">
                <span class="quantity">8</span>
                <span class="what">
                  <span class="item">M</span>
                </span>
                <span class="mark" />
              </li>
            </ul>
          </div>
        </div>
        <div class="foot bump">0</div>
      </div>
    </div>
  );
}

function measure(probe: HTMLElement, columns: number, rows: number): Grid | undefined {
  const part = (selector: string) => probe.querySelector<HTMLElement>(selector);
  const [ticket, body, one, two, dim] = [".ticket", ".body", ".one", ".two", ".elsewhere"].map(part);
  const [nameLetters, rowLetters] = probe.querySelectorAll<HTMLElement>(".letters");
  const [what, modifier] = [part(".two .what"), part(".modifier")];
  if (!ticket || !body || !one || !two || !dim || !nameLetters || !rowLetters || !what || !modifier)
    return undefined;
  if (body.clientHeight === 0) return undefined;
  const style = getComputedStyle(body);
  const padding = Number.parseFloat(style.paddingTop) + Number.parseFloat(style.paddingBottom);
  const gap = Number.parseFloat(getComputedStyle(probe).rowGap) || 0;
  const letters = (of: HTMLElement) => (what.clientWidth / (of.offsetWidth / LETTERS.length)) * SURELY;
  return {
    columns,
    rows,
    cell_body_px: Math.floor((body.clientHeight - padding) / FULLER),
    cell_row_px: Math.floor((ticket.offsetHeight + gap) / FULLER),
    line_px: Math.ceil(one.offsetHeight),
    row_px: Math.ceil(modifier.offsetHeight),
    dim_px: Math.ceil(dim.offsetHeight),
    name_chars: Math.max(1, Math.floor(letters(nameLetters))),
    row_chars: Math.max(1, Math.floor(letters(rowLetters))),
  };
}
