// Measures how long the processes take to sum an array.

import type { Communicator } from "./communicator.ts";

/** The length of an array, and the time of its sum over all processes. */
export interface ExchangeTime {
  /** Float32 numbers. */
  readonly values: number;
  /** Median of the rounds, measured in this process. */
  readonly milliseconds: number;
}

/**
 * Times `allReduce` of arrays of these lengths: the median of `rounds` (default 10) after two warm-up rounds. All processes must
 * call it together, with the same lengths. Throws what `allReduce` does.
 *
 * @example
 * ```ts
 * import { measureExchange, openCommunicator } from "@lowrank/trainer/mpi";
 *
 * // mpirun -np 2 node this-program.js
 * async function main(): Promise<void> {
 *   const communicator = await openCommunicator();
 *   for (const { values, milliseconds } of await measureExchange(communicator, [1, 1_000_000]))
 *     console.log(`${values} numbers: ${milliseconds} ms`);
 *   await communicator.close();
 * }
 * ```
 */
export async function measureExchange(
  communicator: Pick<Communicator, "allReduce" | "barrier">,
  lengths: readonly number[],
  rounds = 10,
): Promise<readonly ExchangeTime[]> {
  const times: ExchangeTime[] = [];
  for (const values of lengths) {
    const array = new Float32Array(values);
    const durations: number[] = [];
    for (let round = 0; round < rounds + 2; round += 1) {
      await communicator.barrier();
      const start = performance.now();
      await communicator.allReduce(array);
      if (round >= 2) durations.push(performance.now() - start);
    }
    durations.sort((one, other) => one - other);
    times.push({ values, milliseconds: durations[Math.floor(durations.length / 2)] ?? Number.NaN });
  }
  return times;
}
