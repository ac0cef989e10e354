import { createRoot } from "solid-js";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createHubClock } from "./clock";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

function clockAt(hub: number, pace?: number) {
  return createRoot(() => {
    const clock = createHubClock();
    clock.anchor(hub, performance.now(), pace);
    return clock;
  });
}

it("counts the hub's own full seconds between frames", () => {
  const clock = clockAt(60_400);
  expect(clock.now()).toBe(60_000);
  vi.advanceTimersByTime(590);
  expect(clock.now()).toBe(60_000);
  vi.advanceTimersByTime(20);
  expect(clock.now()).toBe(61_000);
  vi.advanceTimersByTime(3_000);
  expect(clock.now()).toBe(64_000);
  clock.stop();
});

it("counts at the hub's pace in simulated time, without a turn for every second that nobody could see", () => {
  const clock = clockAt(0, 60);
  vi.advanceTimersByTime(1_010);
  expect(clock.now()).toBeGreaterThanOrEqual(57_000);
  expect(clock.now()).toBeLessThanOrEqual(60_000);
  vi.advanceTimersByTime(59_000);
  expect(clock.now()).toBeGreaterThanOrEqual(3_590_000);
  expect(clock.now()).toBeLessThanOrEqual(3_601_000);
  clock.stop();
});

it("a frame that was under way for a moment changes nothing, a moved clock is followed, another pace too", () => {
  const clock = clockAt(10_000);
  vi.advanceTimersByTime(2_030);
  clock.anchor(12_000, performance.now());
  vi.advanceTimersByTime(975);
  expect(clock.now()).toBe(13_000);
  clock.anchor(500_000, performance.now());
  expect(clock.now()).toBe(500_000);
  clock.anchor(500_000, performance.now(), 10);
  vi.advanceTimersByTime(1_005);
  expect(clock.now()).toBe(510_000);
  clock.stop();
});
