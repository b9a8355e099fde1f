// A run that is prepared as `lowrank train` prepares it, and is not kept anywhere.

import { checkCombinations } from "../../recipe/run/check-combinations.ts";
import { type PreparedRun, prepareRun, type RowFilter } from "../../recipe/run/prepare-run.ts";
import { withBase } from "../base-for.ts";
import { engineHost, startEngine } from "../start-engine.ts";
import type { Report } from "../terminal/report.ts";
import type { TrainOptions } from "../train/run-train.ts";

/** A run without a folder: nothing to resume, and no other run to compare it with. */
export const withoutFolder = { initial: { options: {}, adapter: {} }, identify: async () => "" };

/** A run and the engine that it is for; the caller disposes of its model. `choose` may take fewer rows. */
export async function preparePlan(
  requested: TrainOptions,
  report: Report,
  choose?: RowFilter["choose"],
): Promise<PreparedRun> {
  checkCombinations(requested);
  const options = await withBase(requested, report);
  const startQuietly = async () => (await startEngine(options, report)).name;
  const host = { ...engineHost(options, report), startEngine: startQuietly };
  return prepareRun(options, { folder: withoutFolder, choose }, host);
}
