// LoRA beside full fine-tuning on one task that was trained in several ways.

import { matrices, rankSweep, standard, standardWithHead, variants } from "../../methods/lora.ts";
import type { Sweep } from "../../training/sweep.ts";
import type { KeptResults } from "../kept-results.ts";
import { type Score, scoreOf, scoreText, trainingText } from "../scores.ts";
import { statusOf } from "./claim.ts";

/** Points by which two methods may differ and still count as alike, as the paper's tables do. */
const tolerance = 0.5;
/** Percent of the parameters of full fine-tuning. */
const few = 0.5;
const loras = [...rankSweep, ...variants, ...matrices].map(({ name }) => name);

/** Each as it was trained best, and training by training; undefined where one of them was not run. */
export function besideFull(unit: string, ...sweeps: readonly (Sweep | undefined)[]) {
  const trained = sweeps.flatMap((swept) => {
    const adapted = loras.flatMap((name) => scoreOf(swept, name) ?? []);
    return swept === undefined ? [] : [{ training: trainingText(swept), full: scoreOf(swept, "full"), adapted }];
  });
  const adapted = trained.flatMap((one) => one.adapted);
  const [full, best] = [bestOf(trained.flatMap((one) => one.full ?? [])), bestOf(adapted)];
  if (full === undefined || best === undefined) return undefined;
  const percent = ({ trainable }: Score) => (100 * trainable) / full.trainable;
  const share = (score: Score) => `${percent(score).toFixed(2)} % of the parameters`;
  const smallOf = (scores: readonly Score[]) => bestOf(scores.filter((score) => percent(score) < few));
  const small = smallOf(adapted);
  const paper = bestOf(adapted.filter(({ method }) => [standard, standardWithHead].includes(method)));
  const told = (score: Score | undefined) =>
    score === undefined
      ? "not run yet"
      : `${score.method} ${scoreText(score, ` ${unit}`)} in ${score.training}, ${share(score)}`;
  return {
    full,
    /** Of those below half a percent; undefined where none was run. */
    small,
    best,
    /** How many of the parameters a score has trained, in words. */
    share,
    trainings: trained.map(({ adapted, ...one }) => ({ ...one, small: smallOf(adapted), best: bestOf(adapted) })),
    /** As good within the tolerance with under half a percent, and the best at least as good. */
    status: statusOf([isAsGood(small, full), best.mean >= full.mean]),
    text: `full fine-tuning ${scoreText(full, ` ${unit}`)} in ${full.training}; LoRA below half a percent: ${told(small)}; the best of all: ${told(best)}; as the paper has it: ${told(paper)}`,
  };
}

/** Of all trainings, for the verdict and for its table. */
export function besideFullOnSst2({ sst2, sst2Longer = [] }: KeptResults) {
  return besideFull("%", sst2, ...sst2Longer);
}

export function besideFullOnE2e({ e2e, e2eLonger = [] }: KeptResults) {
  return besideFull("BLEU", e2e, ...e2eLonger);
}

/** Within the tolerance; what was not run is not. */
export function isAsGood(score: Score | undefined, other: Score): boolean {
  return score !== undefined && score.mean >= other.mean - tolerance;
}

function bestOf(scores: readonly Score[]): Score | undefined {
  const max = Math.max(...scores.map(({ mean }) => mean));
  return scores.find(({ mean }) => mean === max);
}
