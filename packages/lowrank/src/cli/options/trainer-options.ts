// Options of `lowrank train` that say how the trainer goes: optimiser, schedule, regularisation, when to stop and what to keep.

import { type Command, InvalidArgumentError, Option } from "commander";
import { type MetricName, metricNames } from "../../evaluate/metric-names.ts";
import type { KeptCheckpoints } from "../../run-folder.ts";
import type { LoopOptions } from "../../train/training-options.ts";
import { integerIn, nameList, numberIn, type ValueParser } from "./parse-values.ts";

/** Learning rate schedules by name. */
export const schedules = [
  "linear",
  "cosine",
  "constant",
  "cosine-with-restarts",
  "polynomial",
  "wsd",
] as const satisfies readonly NonNullable<LoopOptions["schedule"]>[];

/** Optimisers by name. */
const optimizers = ["adamw", "sgd", "lion", "adafactor"] as const satisfies readonly NonNullable<
  LoopOptions["optimizer"]
>[];

/** What they become; absent means the library's default. */
export interface TrainerChoices {
  readonly scheduleCycles?: number;
  readonly schedulePower?: number;
  readonly endRate?: number;
  readonly decayShare?: number;
  readonly optimizer?: (typeof optimizers)[number];
  readonly betas?: readonly number[];
  readonly momentum?: number;
  readonly loraPlusRatio?: number;
  readonly embeddingNoise?: number;
  readonly labelSmoothing?: number;
  readonly maxBadSteps?: number;
  readonly patience?: number;
  readonly bestBy?: MetricName;
  readonly keep?: readonly string[];
  readonly tensorBoard?: boolean;
  readonly report?: boolean;
}

/** Adds them to the command. */
export function addTrainerOptions(command: Command): void {
  const add = (flags: string, help: string, parse: ValueParser<unknown>) =>
    command.addOption(new Option(flags, help).argParser(parse));
  const part = numberIn({ min: 0, max: 1 });
  add("--schedule-cycles <number>", "waves of cosine-with-restarts (default: 1)", numberIn({ above: 0 }));
  add("--schedule-power <number>", "power of polynomial (default: 1)", numberIn({ above: 0 }));
  add("--end-rate <share>", "the last rate of polynomial and wsd, as a share of the highest (default: 0)", part);
  add("--decay-share <share>", "the share of all steps over which wsd falls (default: 0.1)", part);
  command.addOption(
    new Option(
      "--optimizer <name>",
      "adamw, sgd, lion – at a learning rate three to ten times smaller –, or adafactor, which takes little memory beside " +
        "tables that are trained whole (default: adamw)",
    ).choices(optimizers),
  );
  add("--betas <pair>", 'of adamw and lion (default: "0.9,0.999" and "0.9,0.99")', betas);
  add("--momentum <share>", "of sgd (default: 0)", numberIn({ min: 0, below: 1 }));
  add(
    "--lora-plus-ratio <number>",
    "let each B learn so many times as fast as A (LoRA+; 16 is usual)",
    numberIn({ above: 0 }),
  );
  add("--embedding-noise <alpha>", "noise on embedded tokens (NEFTune; 5 is usual)", numberIn({ min: 0 }));
  add("--label-smoothing <share>", "share of each label that all classes get alike (0.1 is usual)", share);
  add(
    "--max-bad-steps <number>",
    "leave out so many steps in a row whose numbers are not finite (default: 0, which ends the run)",
    integerIn({ min: 0 }),
  );
  add("--patience <number>", "stop after so many validations in a row that are no better", integerIn({ min: 1 }));
  command.addOption(
    new Option("--best-by <metric>", "what a validation is judged by (default: loss)").choices(metricNames),
  );
  add(
    "--keep <which>",
    'checkpoints that stay: "best,last:3" (the default with --save-every), "best" or "last:1"',
    keptNames,
  );
  command.option(
    "--tensor-board",
    "write losses, validations and speed for TensorBoard, too (tensorboard --logdir <out>)",
  );
  command.option(
    "--report",
    "write report.html, too: curves, samples before and after, rows, recipe and machine on one page",
  );
}

/** Those of the loop, as the library takes them. */
export function loopChoices(choices: TrainerChoices): LoopOptions {
  const { scheduleCycles: cycles, schedulePower: power, endRate: endShare, decayShare } = choices;
  const shape = Object.entries({ cycles, power, endShare, decayShare }).filter(([, value]) => value !== undefined);
  const { optimizer, betas: [first, second] = [], momentum, loraPlusRatio, embeddingNoise, labelSmoothing } = choices;
  const { maxBadSteps, patience, bestBy } = choices;
  return {
    betas: first === undefined || second === undefined ? undefined : [first, second],
    ...{ optimizer, momentum, loraPlusRatio, embeddingNoise, labelSmoothing, maxBadSteps, patience, bestBy },
    scheduleShape: shape.length === 0 ? undefined : Object.fromEntries(shape),
  };
}

/** Which checkpoints stay, as the library takes it. */
export function keptChoice({ keep }: TrainerChoices): KeptCheckpoints | undefined {
  if (keep === undefined) return undefined;
  const last = keep.find((name) => name.startsWith("last:"));
  return { best: keep.includes("best"), last: last === undefined ? 1 : Number(last.slice("last:".length)) };
}

const share = numberIn({ min: 0, below: 1 });

/** Reads "0.9,0.99". */
const betas: ValueParser<readonly number[]> = Object.assign(
  (text: string) => {
    const values = text.split(",").map(share);
    if (values.length === 2) return values;
    throw new InvalidArgumentError('Expected two numbers, such as "0.9,0.999".');
  },
  { schema: { type: "array", items: share.schema } as const },
);

/** Reads "best,last:3". */
const keptNames: ValueParser<readonly string[]> = Object.assign(
  (text: string) => {
    const found = nameList(text);
    if (found.every((name) => /^(best|last:[1-9]\d{0,8})$/.test(name))) return found;
    throw new InvalidArgumentError('Expected "best", "last:3", or both with a comma between.');
  },
  { schema: nameList.schema },
);
