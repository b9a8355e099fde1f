// How many threads an engine may use: what the caller says, else LOWRANK_THREADS, else one for each processor.

import { exportOf, importUnseen, isNode } from "../engines/import-unseen.ts";
import { ArgumentError } from "../errors.ts";

/** The number of threads, and a sentence where the environment variable could not be used. */
export interface ThreadCount {
  /** Undefined outside Node, where nobody asked: the engine decides. */
  readonly threads: number | undefined;
  readonly note?: string;
}

/** No processor that Node runs on has more. */
const most = 1024;

/** Decides. Throws ArgumentError for an option that is no whole number from 1 to 1024. */
export async function threadCount(
  asked: number | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ThreadCount> {
  if (asked !== undefined) {
    if (!isCount(asked)) throw new ArgumentError("chooseEngine", "threads", asked, `a whole number from 1 to ${most}`);
    return { threads: asked };
  }
  const threads = isNode() ? await processors() : undefined;
  const text = environment.LOWRANK_THREADS;
  if (!text) return { threads };
  const number = Number(text);
  if (isCount(number)) return { threads: number };
  return {
    threads,
    note: `LOWRANK_THREADS is "${text}", which is no whole number from 1 to ${most}; ${threads ?? "the engine's own number of"} threads are used instead.`,
  };
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}

async function processors(): Promise<number | undefined> {
  const availableParallelism = exportOf(await importUnseen("node:os"), "availableParallelism");
  const count: unknown = typeof availableParallelism === "function" ? availableParallelism() : undefined;
  return typeof count === "number" ? count : undefined;
}
