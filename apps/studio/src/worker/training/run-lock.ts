// A run belongs to one tab: another one neither offers to continue it nor continues it. Where the browser has no locks, or in
// Node, every run is this tab's.

import { RunElsewhereError } from "./errors.ts";

const prefix = "lowrank-run-";

/** Does the work while no other tab can have this run. Throws RunElsewhereError where one has it. */
export function withRunLock<T>(run: string, work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (locks === undefined) return work();
  return new Promise((resolve, reject) => {
    const hold = async (lock: Lock | null) => {
      if (lock === null) throw new RunElsewhereError(run);
      resolve(await work());
    };
    locks.request(prefix + run, { ifAvailable: true }, hold).catch(reject);
  });
}

/** The runs that tabs have. */
export async function lockedRuns(): Promise<ReadonlySet<string>> {
  const { held = [] } = (await globalThis.navigator?.locks?.query()) ?? {};
  return new Set(held.flatMap(({ name }) => (name?.startsWith(prefix) ? [name.slice(prefix.length)] : [])));
}
