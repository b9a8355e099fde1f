// What the model card says about the run. Nothing in it changes when the run is repeated.

import { basename } from "node:path";
import { enumerated, escapeControls } from "@lowrank/contracts";
import type { StepPlan } from "../../train/plan-steps.ts";
import type { PreparedRun } from "./prepare-run.ts";
import type { TrainOptions } from "./train-options.ts";

/** The run as a section of Markdown. */
export function trainingCard(
  options: TrainOptions,
  facts: Pick<PreparedRun, "template" | "addedTokens"> & {
    readonly plan: StepPlan;
    readonly rows: number;
    readonly stepsDone: number;
  },
): string {
  const { plan, rows, template, addedTokens, stepsDone } = facts;
  const table: readonly (readonly [string, string | number])[] = [
    ["data", `${basename(options.data)} (${rows} rows)`],
    ["template", template],
    ...(addedTokens.length === 0 ? [] : [["added tokens", enumerated(addedTokens)] as const]),
    ["steps", stepsDone === plan.totalSteps ? stepsDone : `${stepsDone} of ${plan.totalSteps} (unfinished)`],
    ["batch size", options.batchSize * options.accumulate],
    ["learning rate", `${options.learningRate}, ${options.schedule}, ${plan.warmupSteps} warm-up steps`],
    ["weight decay", options.weightDecay],
    ["seed", options.seed],
    ...(isRounded(options) ? [["base precision", options.basePrecision ?? ""] as const] : []),
  ];
  const lines = table.map(([label, value]) => `| ${label} | ${inCell(String(value))} |`);
  return [
    "",
    "## Training",
    "",
    "Trained with [lowrank](https://github.com/lowrank/lowrank).",
    "",
    "| | |",
    "|---|---|",
    ...lines,
    "",
  ].join("\n");
}

/** Whether the base's numbers, or what is computed with them, may be others than in its files. */
function isRounded({ basePrecision }: TrainOptions): boolean {
  return basePrecision === "nf4" || basePrecision === "bf16";
}

/** Text that can neither end its cell nor start markup, yet reads as it is. */
function inCell(text: string): string {
  return escapeControls(text.replace(/[\r\n]/g, " ")).replace(/[&|`<>[\]]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
