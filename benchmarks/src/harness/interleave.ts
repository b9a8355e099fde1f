// Measures alternately, so that a change on the machine affects every contender alike.

import type { Contender } from "./contender.ts";

/** Something that is timed. */
export interface Turn {
  readonly contender: string;
  readonly step: string;
}

export interface Rounds {
  readonly warmUp: number;
  readonly measured: number;
  /** Called before each turn, outside its time. */
  readonly beforeTurn?: () => void;
}

/** Milliseconds of each turn, in the order of its measured rounds. */
export async function interleave(
  contenders: ReadonlyMap<string, Contender>,
  turns: readonly Turn[],
  rounds: Rounds,
): Promise<readonly (readonly number[])[]> {
  const times = turns.map((): number[] => []);
  for (const contender of contenders.values()) contender.stop();
  for (let round = 0; round < rounds.warmUp + rounds.measured; round += 1) {
    for (const index of inTurns(turns.length, round)) {
      rounds.beforeTurn?.();
      const milliseconds = await takeTurn(contenders, turns[index]);
      if (round >= rounds.warmUp) times[index]?.push(milliseconds);
    }
  }
  return times;
}

async function takeTurn(contenders: ReadonlyMap<string, Contender>, turn: Turn | undefined): Promise<number> {
  const contender = contenders.get(turn?.contender ?? "");
  if (turn === undefined || contender === undefined) throw new Error(`There is no contender "${turn?.contender}".`);
  try {
    return await contender.run(turn.step);
  } finally {
    contender.stop();
  }
}

/** Forwards and backwards alternately: none is always first. */
export function inTurns(count: number, round: number): readonly number[] {
  const forwards = Array.from({ length: count }, (_, index) => index);
  return round % 2 === 0 ? forwards : forwards.reverse();
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}
