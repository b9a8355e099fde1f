// The process that is interrupted. Killed, it ends there; where calls fail instead, it goes through all of them.

import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LowrankError } from "@lowrank/contracts";
import { armFault, breakFileSystem, disarmFault, type FaultKind } from "./break-file-system.ts";
import { scenarios } from "./scenarios.ts";

/** What became of a run in which one call failed. */
export interface FailedRun {
  readonly call: number;
  /** Undefined where it succeeded all the same. */
  readonly error?: { readonly isTyped: boolean; readonly text: string };
}

const [name, kind, root = "", first = "1", step = "1"] = process.argv.slice(2);
const scenario = scenarios.find((one) => one.name === name);
if (scenario === undefined) throw new Error(`There is no scenario "${name}".`);
await scenario.load?.();
await breakFileSystem();
if (kind === "kill") {
  armFault({ kind, call: Number(first) });
  await scenario.run(join(root, "out"), async () => undefined);
} else {
  for (let call = Number(first); ; call += Number(step)) {
    const folder = join(root, String(call));
    await mkdir(folder);
    await cp(join(root, "before"), folder, { recursive: true, verbatimSymlinks: true });
    armFault({ kind: kind as FaultKind, call });
    const error = await scenario
      .run(join(folder, "out"), async () => undefined)
      .then(
        () => undefined,
        (reason: unknown) => ({ isTyped: LowrankError.isInstance(reason), text: String(reason) }),
      );
    if (!disarmFault()) {
      if (error !== undefined) throw new Error(`It failed without a fault: ${error.text}`);
      break;
    }
    const outcome: FailedRun = error === undefined ? { call } : { call, error };
    process.stdout.write(`${JSON.stringify(outcome)}\n`);
  }
}
