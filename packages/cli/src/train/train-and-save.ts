// The loop with what it leaves in --out: as often as --save-every says, at the end, after Ctrl-C, and when it diverges.

import { NonFiniteLossError, type TrainingState } from "@lowrank/trainer";
import { DivergedError } from "../errors/run-errors.ts";
import type { Report } from "../terminal/report.ts";
import { earlierMetrics } from "./metrics-file.ts";
import { planSteps } from "./plan-steps.ts";
import type { PreparedRun } from "./prepare-run.ts";
import { saveRun } from "./save-run.ts";
import { type LoopResult, trainAdapter } from "./train-adapter.ts";
import type { TrainOptions } from "./train-options.ts";
import { trainingCard } from "./training-card.ts";

/** What the run was asked. */
export interface RunContext {
  readonly options: TrainOptions;
  readonly resumeFrom: TrainingState | undefined;
  readonly report: Report;
}

/** How the run ended, and after which step the adapter in --out is; undefined: nothing was written. */
export interface SavedResult extends LoopResult {
  readonly savedStep: number | undefined;
}

/** Trains and writes --out. Throws DivergedError where a loss is not finite, the last finite adapter kept. */
export async function trainAndSave(
  run: PreparedRun,
  { options, resumeFrom, report }: RunContext,
): Promise<SavedResult> {
  const { out } = options;
  const plan = planSteps({ ...options, rows: run.train.length });
  const template = run.template === "" ? "" : `, written with the template "${run.template}"`;
  report.say(`${run.train.length} rows${template}; steps: ${plan.totalSteps}, ${plan.stepsPerEpoch} an epoch`);
  const metrics = resumeFrom === undefined ? [] : await earlierMetrics(out, resumeFrom.step);
  let savedStep = resumeFrom?.step;
  let mayReplace = options.overwrite === true || options.resume === true;
  const write = async (stepsDone: number, state: TrainingState | undefined) => {
    const { handle, metadata, tokenizerFiles } = run;
    const card = trainingCard(options, { ...run, plan, rows: run.train.length, stepsDone });
    const result = { handle, metadata, tokenizerFiles, metrics, card, state };
    await saveRun(out, result, { overwrite: mayReplace });
    mayReplace = true; // from now on it is our own work that is replaced
    savedStep = stepsDone;
  };
  const save = (state: TrainingState) => write(state.step, state.step < plan.totalSteps ? state : undefined);
  const interrupt = new AbortController();
  const stopListening = report.io.onInterrupt(() => {
    report.note("\nfinishing this step, then saving (Ctrl-C again stops at once)");
    interrupt.abort();
  });
  try {
    const { signal } = interrupt;
    const result = await trainAdapter(run, { options, plan, report, signal, resumeFrom, metrics, save });
    return { ...result, savedStep };
  } catch (error) {
    if (!(error instanceof NonFiniteLossError)) throw error;
    const hasCheckpoint = savedStep !== undefined;
    const lastStep = error.step - 1;
    // A checkpoint is worth more than a later adapter without the optimiser's state.
    if (!hasCheckpoint && lastStep > 0) await write(lastStep, undefined);
    throw new DivergedError(error, { out, savedStep, hasCheckpoint });
  } finally {
    stopListening();
  }
}
