/** The house rules: when an order is finished, how courses fire, when a ticket is late, when the day starts. */

import { For, type JSX } from "solid-js";
import type { CourseRule } from "../generated/CourseRule";
import type { Settings } from "../generated/Settings";
import type { ThresholdRule } from "../generated/ThresholdRule";
import { useKitchen } from "../shell/kitchen";

const DAY_STEP = 30;
const DAY = 24 * 60;
const COURSE_MINUTES = 15;

export function RulesEditor(props: { settings: Settings; change: (settings: Settings) => void }): JSX.Element {
  const { text } = useKitchen();
  const set = (what: Partial<Settings>) => props.change({ ...props.settings, ...what });
  const courses = () => (typeof props.settings.courses === "string" ? props.settings.courses : "after_minutes");
  const minutes = () =>
    typeof props.settings.courses === "string" ? COURSE_MINUTES : props.settings.courses.after_minutes;
  const rule = (index: number, what: Partial<ThresholdRule>) =>
    set({ thresholds: props.settings.thresholds.map((held, n) => (n === index ? { ...held, ...what } : held)) });
  return (
    <>
      <Choice
        title={text.house.closeWhen}
        all={["passed", "ready"]}
        chosen={props.settings.close_when}
        name={(id) => text.house.closeWhens[id]}
        change={(close_when) => set({ close_when })}
      />
      <Choice
        title={text.house.passWaits}
        all={["no", "yes"]}
        chosen={props.settings.pass_waits ? "yes" : "no"}
        name={(id) => text.house.passWaitses[id]}
        change={(waits) => set({ pass_waits: waits === "yes" })}
      />
      <Choice
        title={text.house.coordinate}
        all={["no", "yes"]}
        chosen={props.settings.coordinate ? "yes" : "no"}
        name={(id) => text.house.coordinates[id]}
        change={(together) => set({ coordinate: together === "yes" })}
      />
      <Choice
        title={text.house.courses}
        all={["by_hand", "when_done", "after_minutes"]}
        chosen={courses()}
        name={(id) => text.house.courseRules[id](minutes())}
        change={(how) => {
          const after: CourseRule = how === "after_minutes" ? { after_minutes: minutes() } : how;
          set({ courses: after });
        }}
      />
      <Choice
        title={text.house.eightySix}
        all={["flag", "refuse"]}
        chosen={props.settings.eighty_six}
        name={(id) => text.house.eightySixes[id]}
        change={(eighty_six) => set({ eighty_six })}
      />
      <Stepper
        title={text.house.undo}
        value={props.settings.undo_seconds}
        least={3}
        most={30}
        step={1}
        words={text.house.seconds}
        change={(undo_seconds) => set({ undo_seconds })}
      />
      <For each={props.settings.thresholds}>
        {(held, index) => (
          <>
            <Stepper
              title={text.house.warn(text.house.whichTickets(held))}
              value={held.warn_seconds / 60}
              least={1}
              most={held.late_seconds / 60}
              step={1}
              words={text.house.minutes}
              change={(value) => rule(index(), { warn_seconds: value * 60 })}
            />
            <Stepper
              title={text.house.late(text.house.whichTickets(held))}
              value={held.late_seconds / 60}
              least={held.warn_seconds / 60}
              most={120}
              step={1}
              words={text.house.minutes}
              change={(value) => rule(index(), { late_seconds: value * 60 })}
            />
          </>
        )}
      </For>
      <Stepper
        title={text.house.dayStarts}
        value={props.settings.day_starts_minute}
        least={0}
        most={DAY - DAY_STEP}
        step={DAY_STEP}
        words={text.house.clock}
        change={(day_starts_minute) => set({ day_starts_minute })}
      />
    </>
  );
}

function Choice<T extends string>(props: {
  title: string;
  all: readonly T[];
  chosen: T;
  name: (id: T) => string;
  change: (id: T) => void;
}): JSX.Element {
  return (
    <div class="setting" role="group" aria-label={props.title}>
      <h3>{props.title}</h3>
      <div class="choices inline">
        <For each={props.all}>
          {(id) => (
            <button
              type="button"
              class="button"
              aria-pressed={props.chosen === id}
              onClick={() => props.change(id)}
            >
              {props.name(id)}
            </button>
          )}
        </For>
      </div>
    </div>
  );
}

function Stepper(props: {
  title: string;
  value: number;
  least: number;
  most: number;
  step: number;
  words: (value: number) => string;
  change: (value: number) => void;
}): JSX.Element {
  const { text } = useKitchen();
  const to = (value: number) => props.change(Math.min(props.most, Math.max(props.least, value)));
  return (
    <div class="setting house-stepper" role="group" aria-label={props.title}>
      <h3>{props.title}</h3>
      <div class="choices inline">
        <button
          type="button"
          class="button square"
          aria-label={text.house.less(props.title)}
          disabled={props.value <= props.least}
          onClick={() => to(props.value - props.step)}
        >
          −
        </button>
        <output class="figure">{props.words(props.value)}</output>
        <button
          type="button"
          class="button square"
          aria-label={text.house.more(props.title)}
          disabled={props.value >= props.most}
          onClick={() => to(props.value + props.step)}
        >
          +
        </button>
      </div>
    </div>
  );
}
