/**
 * The bar at the bottom: what is still to make, pages, new orders elsewhere, and UNDO. Everything that comes and goes
 * has its place here, so that nothing ever covers a BUMP or moves the tickets under a finger. Pages are at the left end
 * and UNDO at the right one, whether they are there or not: no touch of one can hit the other.
 */

import { For, type JSX, Match, Show, Switch } from "solid-js";
import { secondsUntil, wallClock } from "../i18n/format";
import { roomOf, type Strip } from "../voice/strip";
import { SaidAloud, VoiceStrip } from "../voice/VoiceStrip";
import { showsTickets } from "./Header";
import { Left, Right, Unplugged, Warning } from "./Icons";
import { useKitchen } from "./kitchen";

const CHIPS_SHOWN = 2;

export function Footer(): JSX.Element {
  const { picture, phase, plan, talking, failed } = useKitchen();
  const ready = () => picture.head?.ready === true;
  const strip = () => (ready() ? talking.strip() : undefined);
  const room = () => roomOf(strip());
  const asked = () => kindOf(strip()) === "asked";
  /** What was said stands beside the rest, or in the place of the counts; what a touch just failed of goes before it. */
  const beside = () => room() === "line" && plan().roomy;
  const instead = () => room() !== "none" && !beside() && (asked() || !failed());
  const crowded = () => asked() && !plan().roomy && !plan().narrow;
  const chips = () => {
    if (instead()) return 0;
    // The sentence that says what is wrong needs the room of a chip: beside the offer to undo, beside what was said, and on
    // glass with little of it.
    const away = picture.connection?.state === "offline" || picture.connection?.state === "refused";
    const says = away || picture.notices.length > 0 || failed() !== undefined || phase().phase === "silent";
    if (beside()) return says ? 0 : 1;
    if (says && !plan().roomy && !plan().narrow) return 1;
    return picture.toasts.length > 0 && away ? 1 : CHIPS_SHOWN;
  };
  return (
    <footer class="bar bottom">
      <Show
        when={instead() && strip()}
        fallback={
          <Trouble
            fallback={
              <Show when={ready()}>
                <Counts />
              </Show>
            }
          />
        }
      >
        {(held) => <VoiceStrip strip={held()} />}
      </Show>
      {/* Four answers need the room of the pages where there is little; they are there for some seconds. */}
      <Show
        when={ready() && (picture.head?.pages ?? 1) > 1 && !crowded()}
        fallback={
          <Show when={!crowded()}>
            <span class="pager" />
          </Show>
        }
      >
        <Pager />
      </Show>
      <Show when={ready() && picture.chips.length > 0}>
        <Chips shown={chips()} />
      </Show>
      <Show when={beside() && strip()}>{(held) => <VoiceStrip strip={held()} />}</Show>
      <Toasts />
      <SaidAloud />
    </footer>
  );
}

function kindOf(strip: Strip | undefined): string | undefined {
  return strip?.strip === "said" ? strip.said.outcome.kind : undefined;
}

/** The most wanted items, as many as fit. */
function Counts(): JSX.Element {
  const { picture, text } = useKitchen();
  return (
    <ul class="counts" aria-label={text.allDayStrip}>
      <For each={picture.head?.tab === "all_day" ? [] : picture.counts.slice(0, 24)}>
        {(count) => (
          <li>
            <b>{count.open}</b> <span class="item">{count.name}</span>
            <Show when={count.left === 0}>
              <b class="out">{text.out}</b>
            </Show>
          </li>
        )}
      </For>
    </ul>
  );
}

/** The one thing that most needs a person's eye, in the place of the counts. */
function Trouble(props: { fallback: JSX.Element }): JSX.Element {
  const { picture, phase, text, view, touch, wall, failed, forgetFailed, go } = useKitchen();
  const silent = () => {
    const held = phase();
    return held.phase === "silent" ? held.fault : undefined;
  };
  const connection = (state: "offline" | "refused") =>
    picture.connection?.state === state ? picture.connection : undefined;
  const notice = () => picture.notices.at(-1);
  const retry = () => (
    <button type="button" class="button" ref={touch.down(() => ({ run: () => view.retryConnection() }))}>
      {text.retryNow}
    </button>
  );
  return (
    <Switch fallback={props.fallback}>
      <Match when={failed()}>
        {(fault) => (
          <div class="trouble strip" role="alert">
            <Warning />
            <p>{text.fault(fault())}</p>
            <button type="button" class="button" ref={touch.down(() => ({ run: forgetFailed }))}>
              {text.dismiss}
            </button>
          </div>
        )}
      </Match>
      <Match when={silent()}>
        {(fault) => (
          <div class="trouble strip" role="alert">
            <Unplugged />
            <p>{text.fault(fault())}</p>
          </div>
        )}
      </Match>
      <Match when={connection("refused")}>
        {(held) => (
          <div class="trouble strip" role="alert">
            <Unplugged />
            <p>{text.fault(held().fault ?? { code: "token_refused", params: {}, retry: false })}</p>
            {retry()}
          </div>
        )}
      </Match>
      <Match when={notice()}>
        {(held) => (
          <div class="trouble strip" role="alert">
            <Warning />
            <p>
              <Show when={held().label}>
                {(label) => <b>{text.label(label(), held().order_type ?? "dine_in")}: </b>}
              </Show>
              {text.fault(held().fault)}
            </p>
            <Show when={held().fault.code === "parked_overnight"}>
              <button
                type="button"
                class="button"
                ref={touch.down(() => ({ run: () => go({ go: "tab", tab: "recall" }) }))}
              >
                {text.review}
              </button>
            </Show>
            <button
              type="button"
              class="button"
              ref={touch.down(() => {
                const { id } = held();
                return { run: () => go({ go: "dismiss", notice: id }) };
              })}
            >
              {text.dismiss}
            </button>
          </div>
        )}
      </Match>
      <Match when={connection("offline")}>
        {(held) => (
          <div class="trouble strip" role="status">
            <Unplugged />
            <p>{text.offlineBanner(wallClock(held().since, wall()), held().unsent)}</p>
            {retry()}
          </div>
        )}
      </Match>
    </Switch>
  );
}

function Pager(): JSX.Element {
  const { picture, text, touch, go } = useKitchen();
  const page = () => picture.head?.page ?? 1;
  const pages = () => picture.head?.pages ?? 1;
  const turn = (by: number) =>
    touch.down(() => {
      const to = page() + by;
      return to < 1 || to > pages() ? undefined : { run: () => go({ go: "page", page: to }) };
    });
  return (
    <nav class="pager" aria-label={text.pageIs(page(), pages())}>
      <button
        type="button"
        class="button square"
        disabled={page() <= 1}
        aria-label={text.previousPage}
        ref={turn(-1)}
      >
        <Left />
      </button>
      <span class="page">{text.page(page(), pages())}</span>
      <button
        type="button"
        class="button square"
        disabled={page() >= pages()}
        aria-label={text.nextPage}
        ref={turn(1)}
      >
        <Right />
      </button>
    </nav>
  );
}

/** New orders that are on another page; the latest ones, the rest counted. */
function Chips(props: { shown: number }): JSX.Element {
  const { picture, text, touch, go } = useKitchen();
  const rest = () => Math.max(0, picture.chips.length - props.shown);
  return (
    <div class="chips" role="status">
      <For each={picture.chips.slice(rest())}>
        {(chip) => {
          const label = () => text.label(chip.label, chip.order_type);
          return (
            <button
              type="button"
              class="chip"
              classList={{ changed: chip.change !== undefined }}
              data-order={chip.order}
              ref={touch.down(() => {
                const { order } = chip;
                return { run: () => go({ go: "order", order }) };
              })}
            >
              <b>{chip.change === undefined ? text.fresh : text.changedMark[chip.change]}</b>{" "}
              <span class="name">{label()}</span>{" "}
              <Show when={showsTickets(picture.head)}>
                <span>{text.onPage(chip.page)}</span>
              </Show>
            </button>
          );
        }}
      </For>
      <Show when={rest() > 0}>
        <span class="more-new">{text.moreNew(rest())}</span>
      </Show>
    </div>
  );
}

/** The latest bump, with the seconds in which one touch takes it back. */
function Toasts(): JSX.Element {
  const { picture, text, touch, press, now } = useKitchen();
  return (
    <div class="toasts" role="status">
      <For each={picture.toasts.slice(-1)}>
        {(toast) => {
          const label = () => text.label(toast.label, toast.order_type);
          const key = `undo/${toast.operation}`;
          return (
            <button
              type="button"
              class="toast"
              classList={{ down: picture.pressed[key] }}
              ref={touch.down(() => {
                const { order, operation } = toast;
                return { bounces: true, run: () => press(key, { press: "undo", order, operation }) };
              })}
            >
              <span class="what">{text.didTo[toast.what ?? "bumped"](label(), toast.count ?? 1)}</span>
              <span class="undo">
                {text.undo}{" "}
                <span class="left" aria-hidden="true">
                  {secondsUntil(now(), toast.until) || ""}
                </span>
              </span>
            </button>
          );
        }}
      </For>
    </div>
  );
}
