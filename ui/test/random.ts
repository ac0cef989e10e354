/** A seeded source of chance, so that a test that fails once fails again. */
export function randomFrom(seed: number): Chance {
  let state = seed >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const below = (most: number): number => Math.floor(next() * most);
  return { below, maybe: (chance = 0.5) => next() < chance, one: (of) => of[below(of.length)]! };
}

export interface Chance {
  /** 0 up to, without, `most`. */
  below(most: number): number;
  maybe(chance?: number): boolean;
  one<T>(of: readonly T[]): T;
}
