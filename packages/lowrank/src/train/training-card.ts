// The run's section of the model card. Repeating the run gives the same text.

import { enumerated, escapeControls } from "@lowrank/contracts/internal";
import type { EvaluationEvent } from "@lowrank/trainer";
import type { RateRestart } from "@lowrank/trainer/internal";
import { counted } from "../counted.ts";
import { fourDigits } from "../four-digits.ts";
import { type MetricName, metricFacts, metricNames } from "../metric-names.ts";
import { omitUndefined } from "../omit-undefined.ts";
import { notedOptions } from "../options/all-options.ts";
import { isRounded } from "../options/file-options.ts";
import { loopDefaults } from "../options/loop-defaults.ts";
import type { RunSteps } from "./plan-steps.ts";
import type { LoopOptions } from "./training-options.ts";

export interface CardOptions extends LoopOptions {
  readonly batchSize: number;
  readonly learningRate: number;
  readonly bestBy: MetricName;
  readonly data: string;
  readonly basePrecision?: string | undefined;
}

export interface CardProgress {
  /** Undefined: all. */
  readonly stepsDone?: number;
  /** Whether the run ended before its planned number of steps. */
  readonly isOver?: boolean;
  /** The step of the adapter. Undefined: the last one. */
  readonly adapterStep?: number;
}

export interface CardFacts extends CardProgress {
  readonly plan: RunSteps;
  /** Number of training rows. */
  readonly rows: number;
  readonly template: string;
  readonly addedTokens: readonly string[];
  /** Class names, in the order of the class numbers. */
  readonly classNames?: readonly string[] | undefined;
  /** The loss in words, if the rows allow several. */
  readonly loss?: string | undefined;
  /** The last validation, which also has the best. */
  readonly validation?: Pick<EvaluationEvent, "step" | "metrics" | "best"> | undefined;
  /** Changes of the learning rate during the run. */
  readonly restarts?: readonly RateRestart[] | undefined;
}

export function runTable(
  options: CardOptions,
  facts: CardFacts,
): readonly (readonly [name: string, value: string | number])[] {
  const {
    plan,
    rows,
    template,
    addedTokens,
    classNames,
    loss,
    stepsDone = facts.plan.totalSteps,
    isOver = false,
    adapterStep,
    validation,
    restarts = [],
  } = facts;
  const { gradientAccumulationSteps, schedule, weightDecay, seed } = { ...loopDefaults, ...omitUndefined(options) };
  const { batchSize, learningRate, batchTokens } = options;
  const size = gradientAccumulationSteps * (batchTokens ?? batchSize);
  return [
    ["data", `${baseNames(options.data)} (${counted(rows, "row")})`],
    ["template", template],
    ...(loss === undefined ? [] : [["loss", loss] as const]),
    ...(classNames === undefined ? [] : [["classes", enumerated(classNames)] as const]),
    ...(addedTokens.length === 0 ? [] : [["added tokens", enumerated(addedTokens)] as const]),
    [
      "steps",
      stepsDone === plan.totalSteps
        ? stepsDone
        : `${stepsDone} of ${plan.totalSteps} (${isOver ? "stopped early" : "unfinished"})`,
    ],
    ["batch size", batchTokens === undefined ? size : `${size} tokens`],
    [
      "learning rate",
      `${restarts.at(-1)?.learningRate ?? learningRate}, ${schedule}, ${counted(plan.warmupSteps, "warm-up step")}`,
    ],
    ...restarts.map(
      ({ learningRateBefore, reason }) => ["given up", `learning rate ${learningRateBefore}: ${reason}`] as const,
    ),
    ["weight decay", weightDecay],
    ...Object.entries(notedOptions("card", options)).map(([name, value]) => [name, String(value)] as const),
    ["seed", seed],
    ...(validation === undefined ? [] : validationRows(validation, adapterStep, options)),
    ...(isRounded(options.basePrecision) ? [["base precision", options.basePrecision ?? ""] as const] : []),
  ];
}

export function cardSection(table: ReturnType<typeof runTable>): string {
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

function validationRows(
  { step, metrics, best }: NonNullable<CardFacts["validation"]>,
  adapterStep: number | undefined,
  { bestBy }: CardOptions,
): readonly (readonly [string, string])[] {
  const reported = metricNames.filter((name) => metrics[name] !== undefined);
  const numbers = reported.map((name) => `${metricFacts[name].label} ${fourDigits(metrics[name] ?? Number.NaN)}`);
  const isLast = best === undefined || best.step === step;
  const label = metricFacts[bestBy].label;
  const isAdapter = best?.step === adapterStep ? "; this is its adapter" : "";
  const when = best?.step === 0 ? "before the first step" : `after step ${best?.step}${isAdapter}`;
  return [
    ["validation", `${numbers.join(", ")} (after step ${step})`],
    ...(isLast ? [] : [["best validation", `${label} ${fourDigits(best.value)} (${when})`] as const]),
  ];
}

/** Escapes text so that it cannot end its table cell or start markup. */
function inCell(text: string): string {
  return escapeControls(text.replace(/[\r\n]/g, " ")).replace(/[&|`<>[\]]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Local paths are private; a data set of the Hub, with its commit, is public. */
function baseNames(files: string): string {
  const isOnHub = (name: string) => /@[0-9a-f]{40}$/.test(name);
  const names = files.split(", ").map((path) => (isOnHub(path) ? path : (path.split(/[\\/]/).at(-1) ?? "")));
  return names.join(", ");
}
