// Measures alternately, so that a change on the machine affects every contender alike.

import type { Contender } from "./contender.ts";
import { type WarmUp, type WarmUpLimits, warmUp } from "./warm-up.ts";

/** Something that is timed. */
export interface Turn {
  readonly contender: string;
  readonly step: string;
}

export interface Rounds extends WarmUpLimits {
  readonly measured: number;
  /** Called before each turn, outside its time. */
  readonly beforeTurn?: () => void;
}

/** Warms each turn until it is steady. Then milliseconds of each turn, in the order of its measured rounds. */
export async function interleave(
  contenders: ReadonlyMap<string, Contender>,
  turns: readonly Turn[],
  rounds: Rounds,
): Promise<{ readonly times: readonly (readonly number[])[]; readonly warmUps: readonly WarmUp[] }> {
  const times = turns.map((): number[] => []);
  for (const contender of contenders.values()) contender.stop();
  const take = (turn: Turn | undefined) => {
    rounds.beforeTurn?.();
    return takeTurn(contenders, turn);
  };
  const warmUps: WarmUp[] = [];
  for (const turn of turns) warmUps.push(await warmUp(() => take(turn), rounds));
  for (let round = 0; round < rounds.measured; round += 1) {
    for (const index of inTurns(turns.length, round)) times[index]?.push(await take(turns[index]));
  }
  return { times, warmUps };
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
