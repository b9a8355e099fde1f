// A run belongs to one tab: another one neither offers to continue it nor continues it. Where the browser has no locks, or in
// Node, every run is this tab's.

import { LowrankError } from "@lowrank/contracts";

const prefix = "lowrank-run-";

/** Does the work while no other tab can have this run. Throws RUN_ELSEWHERE where one has it. */
export function withRunLock<T>(run: string, work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (locks === undefined) return work();
  return new Promise((resolve, reject) => {
    const hold = async (lock: Lock | null) => {
      if (lock === null)
        throw new LowrankError(
          "RUN_ELSEWHERE",
          "Another tab is training this run. Go there to follow it, or close it to continue here.",
        );
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
