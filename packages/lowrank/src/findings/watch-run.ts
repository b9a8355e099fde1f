// Collects the numbers of a run while it trains, for its summary: findings, and texts before and after.

import type { TextTokenizer } from "@lowrank/data";
import type { TrainingEvent } from "@lowrank/trainer";
import { writesText } from "../open/task-types.ts";
import { someRows } from "../report/data-facts.ts";
import type { SampleText } from "../report/report-page.ts";
import { type SampleWriter, sampleTexts } from "../report/sample-texts.ts";
import type { TokenizedRows } from "../train/tokenized-rows.ts";
import type { LoopOptions } from "../train/training-options.ts";
import { noRewards, type RewardSums, rewardFindings, withRewards } from "./reward-findings.ts";
import { guessOf, type RunFinding, type RunRecord, runFindings } from "./run-findings.ts";

/** A review of a run. */
export interface RunReview extends Pick<RunRecord, "losses" | "validations"> {
  /** The mean reward of each step; empty for a run without rewards. */
  readonly rewards: readonly number[];
  /** The findings about the run so far; empty for a healthy run. */
  findings(): readonly RunFinding[];
  /** Texts that base and adapter write now for validation rows, or else training rows; empty if they write no text. */
  samples(): Promise<readonly SampleText[]>;
}

export interface RunWatch extends RunReview {
  add(event: TrainingEvent): void;
}

export interface WatchedRun {
  readonly opened: SampleWriter["opened"];
  readonly rows: TokenizedRows;
  readonly options: Pick<LoopOptions, "labelSmoothing">;
  tokenizer(): Promise<TextTokenizer>;
}

export function watchRun({ opened, rows, options, tokenizer }: WatchedRun): RunWatch {
  const [losses, rewards]: [number[], number[]] = [[], []];
  const validations: RunRecord["validations"][number][] = [];
  let best: RunRecord["best"];
  let sums: RewardSums = noRewards;
  let [isResumed, seconds, learningRate, epoch] = [false, 0, 0, 0];
  const isComparable = rows.learning.words === undefined && (options.labelSmoothing ?? 0) === 0;
  const guess = (of: TokenizedRows["train"]) => (isComparable ? guessOf(someRows(of)) : undefined);
  let written: { readonly afterSteps: number; readonly texts: readonly SampleText[] } | undefined;
  const isWriter = writesText(opened.model.task) && rows.template !== "";
  return {
    losses,
    rewards,
    validations,
    samples: async () => {
      if (!isWriter) return [];
      if (written?.afterSteps === losses.length) return written.texts;
      const shown = rows.validation.length > 0 ? rows.validation : rows.train;
      const maxSeconds = Math.min(10, Math.max(2, seconds / 10));
      const texts = await sampleTexts({ opened, tokenizer: await tokenizer(), maxSeconds }, shown);
      written = { afterSteps: losses.length, texts };
      return texts;
    },
    add: (event) => {
      if (event.type === "start") isResumed = event.step > 0;
      if (event.type === "restart") {
        for (const ofEarlierRate of [losses, rewards, validations]) ofEarlierRate.splice(0);
        [isResumed, learningRate, best, sums] = [false, 0, undefined, noRewards];
      }
      if (event.type === "step") {
        losses.push(event.loss);
        sums = withRewards(sums, event.metrics);
        if (event.metrics?.reward !== undefined) rewards.push(event.metrics.reward);
        seconds = event.seconds;
        epoch = event.epoch + 1;
        learningRate = Math.max(learningRate, event.learningRate);
      }
      if (event.type !== "evaluation") return;
      validations.push({ step: event.step, epoch, ...event.metrics });
      best = event.best;
    },
    // The loss of completions that the model writes does not fall while rewards rise.
    findings: () =>
      rows.learning.written !== undefined
        ? rewardFindings(sums, { isResumed })
        : runFindings({
            losses: isResumed ? [] : losses,
            validations,
            best,
            learningRate,
            guess: guess(rows.train),
            guessHeldOut: guess(rows.validation),
          }),
  };
}
