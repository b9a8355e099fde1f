// A run that is prepared as `lowrank train` prepares it, and is not kept anywhere.

import { checkChoices } from "../../recipe/run/check-choices.ts";
import { type PreparedRun, prepareRun, type RowChoice } from "../../recipe/run/prepare-run.ts";
import { withBase } from "../base-for.ts";
import { engineHost, startEngine } from "../start-engine.ts";
import type { Report } from "../terminal/report.ts";
import type { TrainOptions } from "../train/run-train.ts";

/** No folder: nothing to go on with, and nobody to tell runs apart for. */
export const unkept = { asBegun: { options: {}, adapter: {} }, identify: async () => "" };

/** A run and the engine that it is for; the caller disposes of its model. `choose` may take fewer rows. */
export async function preparePlan(
  asked: TrainOptions,
  report: Report,
  choose?: RowChoice["choose"],
): Promise<PreparedRun> {
  checkChoices(asked);
  const options = await withBase(asked, report);
  const startQuietly = async () => (await startEngine(options, report)).name;
  const host = { ...engineHost(options, report), startEngine: startQuietly };
  return prepareRun(options, { folder: unkept, choose }, host);
}
