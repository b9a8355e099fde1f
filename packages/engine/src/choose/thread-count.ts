// The number of threads: the caller's, else LOWRANK_THREADS, else one for each processor.

import { exportOf, importUnbundled, isNode } from "../engines/import-unbundled.ts";
import { ArgumentError } from "../errors.ts";

/** The number of threads, and a message if the environment variable is invalid. */
interface ThreadCount {
  /** Undefined outside Node if no number was given: the engine decides. */
  readonly threads: number | undefined;
  readonly note?: string;
}

/** No processor that Node runs on has more. */
const max = 1024;

/** Decides the number of threads. Throws ArgumentError for an option that is not an integer from 1 to 1024. */
export async function threadCount(
  given: number | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ThreadCount> {
  if (given !== undefined) {
    if (!isCount(given)) throw new ArgumentError("chooseEngine", "threads", given, `a whole number from 1 to ${max}`);
    return { threads: given };
  }
  const threads = isNode() ? await processors() : undefined;
  const text = environment.LOWRANK_THREADS;
  if (!text) return { threads };
  const number = Number(text);
  if (isCount(number)) return { threads: number };
  return {
    threads,
    note: `LOWRANK_THREADS is "${text}", which is not a whole number from 1 to ${max}; ${threads ?? "the engine's own number of"} threads are used instead.`,
  };
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}

async function processors(): Promise<number | undefined> {
  const availableParallelism = exportOf(await importUnbundled("node:os"), "availableParallelism");
  const count: unknown = typeof availableParallelism === "function" ? availableParallelism() : undefined;
  return typeof count === "number" ? count : undefined;
}
