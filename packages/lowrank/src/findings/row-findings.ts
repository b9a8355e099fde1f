// Problems of the rows and of a run's length, reported before the first step so that no time is wasted.

import type { Warning } from "@lowrank/contracts";
import { printable } from "@lowrank/contracts/internal";
import type { TokenizedExample } from "@lowrank/data/internal";
import { counted } from "../counted.ts";
import { named } from "../errors/named-option.ts";
import { classCounts, someRows } from "../report/data-facts.ts";
import type { RunSteps } from "../train/plan-steps.ts";
import type { TokenizedRows } from "../train/tokenized-rows.ts";

export interface PlannedRun {
  readonly file: string;
  readonly rows: Pick<TokenizedRows, "train" | "validation" | "drawn">;
  readonly plan: RunSteps;
  /** In order of their numbers. */
  readonly classNames: readonly string[] | undefined;
}

/** Fewer rows are memorized. */
const fewRows = 10;
const fewSteps = 20;
/** After more epochs, the rows are memorized. */
const manyEpochs = 25;
/** From this many rows on, some can be held out for validation. From this many epochs on, memorizing goes unnoticed without it. */
const [enoughToHoldOut, severalEpochs] = [50, 3];
/** Rows of the most frequent class for each row of the rarest, from which classes count as unbalanced. */
const unbalanced = 10;
/** Reading more of a file that is larger than memory would take seconds. */
const maxRows = 10_000;

/** The codes of these findings. They are only valid for all rows, not for a part of them. */
export const rowFindingCodes: ReadonlySet<string> = new Set([
  "ROWS_ALL_EQUAL",
  "FEW_ROWS",
  "CLASSES_UNBALANCED",
  "FEW_STEPS",
  "MANY_EPOCHS",
  "NO_VALIDATION",
]);

/** The findings; empty if rows and length suit each other. */
export function rowFindings(run: PlannedRun): readonly Warning[] {
  const { file, rows, plan, classNames } = run;
  const { train, validation, drawn } = rows;
  const sample = drawn?.sample ?? someRows(train, maxRows);
  const fileName = `"${printable(file)}"`;
  const allRows = counted(train.length, "row");
  const epochs = plan.totalSteps / plan.stepsPerEpoch;
  const roundedEpochs = Number(epochs.toFixed(1));
  const isHeldOut = validation.length > 0;
  const found: (Warning | false | undefined)[] = [
    areAllEqual(sample) && {
      code: "ROWS_ALL_EQUAL",
      message: `All ${allRows} of ${fileName} have the same tokens: the adapter can only learn one answer. Check the file, ${named("columns")} and ${named("maxLength")}.`,
    },
    train.length < fewRows && {
      code: "FEW_ROWS",
      message: `The run has ${allRows} to train on: the adapter will memorize ${train.length === 1 ? "it" : "them"}, and may not help with other inputs. Use 50 rows or more; then some are held out for validation.`,
    },
    unbalancedClasses(sample, classNames),
    plan.totalSteps < fewSteps && {
      code: "FEW_STEPS",
      message: `The run has ${counted(plan.totalSteps, "step")} (${counted(roundedEpochs, "epoch")}), and most runs need 60 or more. Raise ${named("steps")} or ${named("epochs")}.`,
    },
    !isHeldOut &&
      train.length >= fewRows &&
      epochs > manyEpochs && {
        code: "MANY_EPOCHS",
        message: `The run reads ${allRows} ${Math.round(epochs)} times: the adapter will memorize them. Lower ${named("steps")} or ${named("epochs")}, or hold rows out with ${named("validationShare")} 0.1 to see what it learns for other rows.`,
      },
    !isHeldOut &&
      train.length >= enoughToHoldOut &&
      epochs >= severalEpochs && {
        code: "NO_VALIDATION",
        message: `No rows are held out, and after ${roundedEpochs} epochs the training loss cannot tell learning from memorizing. Hold rows out with ${named("validationShare")} 0.1.`,
      },
  ];
  return found.filter((each) => typeof each === "object");
}

/** Pictures and recordings are not compared. */
function areAllEqual(rows: readonly TokenizedExample[]): boolean {
  const first = JSON.stringify(rows[0]);
  return rows.length > 1 && rows.every((row) => row.inputIds.length > 0 && JSON.stringify(row) === first);
}

/** Warns if one class has most of the rows, and another one hardly any. */
function unbalancedClasses(sample: readonly TokenizedExample[], names: PlannedRun["classNames"]): Warning | undefined {
  const classes = [...classCounts(sample)].sort(([, one], [, other]) => other - one);
  const [[max, many] = [0, 0], [min, few] = [0, 0]] = [classes[0], classes.at(-1)];
  if (many <= sample.length / 2 || many < unbalanced * few || max === min) return undefined;
  const name = (label: number) => `"${printable(names?.[label] ?? String(label))}"`;
  const message =
    `The classes are out of balance: ${name(max)} has ${many} of ${sample.length} rows and ${name(min)} ${few}. An adapter that always answers ` +
    `${name(max)} has a good accuracy. Add rows of ${name(min)}, and set ${named("bestBy")} to f1.`;
  return { code: "CLASSES_UNBALANCED", message };
}
