// Completions and their advantages → a batch for the loss. A record is plain data, because checkpoints contain it.

import { emptyBatch, ignoredLabel, padBatch } from "@lowrank/data";
import type { RunBatch } from "../objective.ts";
import type { RewardSettings } from "./reward-settings.ts";
import type { Completion } from "./write-completions.ts";

/** A completion that the loss reads. */
export interface JudgedCompletion extends Pick<Completion, "promptIds" | "ids"> {
  readonly advantage: number;
}

/** A batch as plain data. */
export interface PolicyRecord {
  readonly completions: readonly JudgedCompletion[];
  /** Factor on the loss of `completions` that makes it the loss of all completions: that of the others is 0. */
  readonly share: number;
  /** Weight of the batch among those of its step. */
  readonly weight: number;
  /** Tokens of all prompts and completions. */
  readonly tokens: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** For each token of `completions`. */
  readonly oldLogProbs?: readonly number[];
  readonly referenceLogProbs?: readonly number[];
}

/** The completions that change the loss. Those without an advantage do so only with a KL term in the loss. */
export function readByLoss<Judged extends JudgedCompletion & Completion>(
  completions: readonly Judged[],
  { lossType, beta, maskTruncatedCompletions }: RewardSettings,
): readonly Judged[] {
  const hasKl = beta > 0 && lossType !== "rloo";
  const isMasked = ({ isTruncated }: Completion) => maskTruncatedCompletions && isTruncated;
  return completions.filter((each) => !isMasked(each) && (hasKl || each.advantage !== 0));
}

/** How much `kept` counts among `all`. TRL divides by all completions, and by the tokens of those that are not masked. */
export function weightsOf(
  kept: readonly Completion[],
  all: readonly Completion[],
  { lossType, maskTruncatedCompletions }: RewardSettings,
): Pick<PolicyRecord, "share" | "weight" | "tokens"> {
  const tokensOf = (some: readonly Completion[]) => some.reduce((sum, { ids }) => sum + ids.length, 0);
  const unmasked = maskTruncatedCompletions ? all.filter(({ isTruncated }) => !isTruncated) : all;
  const isPerToken = lossType === "dapo" || lossType === "bnpo";
  const [part, whole] = isPerToken ? [tokensOf(kept), tokensOf(unmasked)] : [kept.length, all.length];
  return {
    share: whole === 0 ? 0 : part / whole,
    weight: lossType === "dapo" ? whole : all.length,
    tokens: all.reduce((sum, { promptIds, ids }) => sum + promptIds.length + ids.length, 0),
  };
}

/** Completions as sequences of which the completions are trained; without any, the batch has no rows. */
export function sequencesOf(completions: readonly Pick<Completion, "promptIds" | "ids">[], padId: number) {
  const rows = completions.map(({ promptIds, ids }) => {
    const labels = [...promptIds.map(() => ignoredLabel), ...ids];
    return { kind: "sequence" as const, inputIds: [...promptIds, ...ids], labels };
  });
  return rows.length === 0 ? emptyBatch : padBatch(rows, { padId });
}

export function batchOf({ completions, ...record }: PolicyRecord, padId: number): RunBatch {
  const { weight: supervised, tokens, share, metrics, oldLogProbs, referenceLogProbs } = record;
  const policy = {
    ...{ share, advantages: Float32Array.from(completions, ({ advantage }) => advantage) },
    ...(oldLogProbs === undefined ? {} : { oldLogProbs: Float32Array.from(oldLogProbs) }),
    ...(referenceLogProbs === undefined ? {} : { referenceLogProbs: Float32Array.from(referenceLogProbs) }),
  };
  return { ...sequencesOf(completions, padId), tokens, supervised, metrics, policy };
}
