// LoRA compared with full fine-tuning on one task: both trained for as long, LoRA's method chosen on held-out rows.

import { matrices, rankSweep, variants } from "../../methods/lora.ts";
import { labelOf } from "../../methods/methods.ts";
import type { Sweep } from "../../training/sweep.ts";
import type { SearchedSweep } from "../saved-results.ts";
import { type Score, scoreOf, scoreText, trainingText } from "../scores.ts";
import { type Status, statusOf, type Table } from "./claim.ts";

/** Difference in points up to which two methods count as equal, as in the paper's tables. */
const tolerance = 0.5;
/** Percent of the parameters of full fine-tuning. */
const few = 0.5;
const loras = [...new Set([...rankSweep, ...variants, ...matrices].map(({ name }) => name))];

/** One budget: what both sides reach with it. */
interface Compared {
  readonly training: string;
  readonly full: Score;
  /** Chosen among LoRA below half a percent of the parameters; undefined if none of them was searched. */
  readonly small: Score | undefined;
  /** Chosen among all of LoRA. */
  readonly any: Score | undefined;
}

interface Comparison {
  readonly status: Status;
  readonly budgets: readonly Compared[];
  readonly table: Table;
}

/** Sweeps of one task; one without a search of its own takes the last search before it. Undefined if one side was not run. */
export function compareWithFull(sweeps: readonly (SearchedSweep | undefined)[]): Comparison | undefined {
  const budgets: Compared[] = [];
  const isRun = { full: false, lora: false };
  let search: Sweep | undefined;
  for (const swept of sweeps) {
    if (swept === undefined) continue;
    search = swept.rates ?? search;
    const full = scoreOf(swept, "full");
    isRun.full ||= full !== undefined;
    isRun.lora ||= loras.some((name) => scoreOf(swept, name) !== undefined);
    if (full === undefined) continue;
    const isFew = (score: Score) => percentOf(score, full) < few;
    const small = chosenOn(search, swept, isFew);
    const any = chosenOn(search, swept, () => true);
    if (any !== undefined) budgets.push({ training: trainingText(swept), full, small, any });
  }
  if (!isRun.full || !isRun.lora) return undefined;
  return { status: statusOfAll(budgets), budgets, table: tableOf(budgets) };
}

/** Percent of the parameters of full fine-tuning. */
export function percentOf({ trainable }: Score, full: Score): number {
  return (100 * trainable) / full.trainable;
}

/** Within the tolerance; a method that was not run is not. */
export function isAsGood(score: Score | undefined, other: Score): boolean {
  return score !== undefined && score.mean >= other.mean - tolerance;
}

/** Better by more than the standard error of the difference. */
export function isBetter(score: Score, other: Score): boolean {
  return score.mean - other.mean > Math.hypot(score.error ?? 0, other.error ?? 0);
}

/** Held-out loss of a method at the learning rate that `swept` used; undefined if that rate was not tried. */
function heldOutLoss(search: Sweep | undefined, swept: Sweep, method: string): number | undefined {
  const used = swept.runs.find((run) => run.method === method)?.learningRate;
  return search?.runs.find((run) => run.method === method && run.learningRate === used)?.after.loss;
}

/** The method with the lowest held-out loss: the rows that it is reported on have no part in the choice. */
function chosenOn(search: Sweep | undefined, swept: Sweep, isCandidate: (score: Score) => boolean): Score | undefined {
  const found = loras.flatMap((name) => {
    const [score, loss] = [scoreOf(swept, name), heldOutLoss(search, swept, name)];
    return score === undefined || loss === undefined || !isCandidate(score) ? [] : [{ score, loss }];
  });
  return found.sort((one, other) => one.loss - other.loss)[0]?.score;
}

/** As good within the tolerance, below half a percent and at any size, with each budget. */
function statusOfAll(budgets: readonly Compared[]): Status {
  if (budgets.length === 0) return "not shown";
  return statusOf(budgets.flatMap(({ small, any, full }) => [isAsGood(small, full), isAsGood(any, full)]));
}

function tableOf(budgets: readonly Compared[]): Table {
  return {
    head: ["trained for", "full fine-tuning", `LoRA below ${few} % of the parameters`, "LoRA of any size"],
    rows: budgets.map(({ training, full, small, any }) => [
      training,
      withLoss(full),
      small === undefined ? "not searched" : withLoss(small, full),
      any === undefined ? "not searched" : withLoss(any, full),
    ]),
  };
}

/** "85.7 ± 0.1"; a method other than full fine-tuning is followed by its share of the parameters. */
export function cellOf(score: Score, full: Score): string {
  if (score.method === full.method) return scoreText(score);
  return `${scoreText(score)} (${labelOf(score.method)}; ${percentOf(score, full).toFixed(2)} %)`;
}

function withLoss(score: Score, full: Score = score): string {
  return `${cellOf(score, full)}, loss ${score.loss.toFixed(2)}`;
}
