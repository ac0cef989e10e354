/** Times and ages as they stand on the glass. The same in every language that writes figures from left to right. */

import type { At } from "../generated/At";

/** `4:10`, `59:59`, `1:00:00`; never negative. */
export function age(now: At, since: At): string {
  const seconds = Math.max(0, Math.floor((now - since) / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `18:42` in the restaurant's own time. */
export function wallClock(at: At, utcOffsetMinutes: number): string {
  const minutes = Math.floor(at / 60_000) + utcOffsetMinutes;
  const inDay = ((minutes % 1440) + 1440) % 1440;
  return `${two(Math.floor(inDay / 60))}:${two(inDay % 60)}`;
}

/** Full minutes until `at`, counting a begun one; 0 when it is past. */
export function minutesUntil(now: At, at: At): number {
  return Math.ceil(secondsUntil(now, at) / 60);
}

/**
 * Seconds until `at`; 0 when it is past. The page's clock is cut to the second and so up to one behind: only full seconds
 * count, or an offer of five would begin with a six.
 */
export function secondsUntil(now: At, at: At): number {
  return Math.max(0, Math.floor((at - now) / 1000));
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
