// Completions and their advantages → a batch for the loss. A record is plain data, because checkpoints contain it.

import { padBatch } from "@lowrank/data";
import { emptyBatch, ignoredLabel } from "@lowrank/data/internal";
import { omitUndefined } from "../../omit-undefined.ts";
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
  /** Whether the loss is a mean over tokens, instead of over completions. */
  readonly isPerToken: boolean;
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

/** The share of the selected completions among all. TRL divides by all completions, and by the tokens of those that are not masked. */
export function weightsOf(
  selected: readonly Completion[],
  all: readonly Completion[],
  { lossType, maskTruncatedCompletions }: RewardSettings,
): Pick<PolicyRecord, "share" | "weight" | "isPerToken" | "tokens"> {
  const unmasked = maskTruncatedCompletions ? all.filter(({ isTruncated }) => !isTruncated) : all;
  const isPerToken = lossType === "dapo" || lossType === "bnpo";
  const [part, whole] = isPerToken ? [countTokens(selected), countTokens(unmasked)] : [selected.length, all.length];
  return {
    share: whole === 0 ? 0 : part / whole,
    weight: lossType === "dapo" ? whole : all.length,
    isPerToken,
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

/** Tokens whose gradients are computed at one time: those of 8 rows of the default length. More need more memory. */
const maxPartTokens = 4096;

/** The batch of a record, in parts. */
export function batchOf(record: PolicyRecord, padId: number, maxTokens = maxPartTokens): RunBatch {
  const { completions, share, weight, tokens, metrics, isPerToken } = record;
  const sizeOf = (group: readonly JudgedCompletion[]) => (isPerToken ? countTokens(group) : group.length);
  const selected = sizeOf(completions);
  const sizeOfAll = share === 0 ? 0 : selected / share;
  let firstToken = 0;
  const parts = inParts(completions, maxTokens).map((group, part): RunBatch => {
    const start = firstToken;
    firstToken += countTokens(group);
    const cut = (values: readonly number[] | undefined) => values && Float32Array.from(values.slice(start, firstToken));
    const size = sizeOf(group);
    // The first part counts for the completions that the loss does not read, too.
    const counted = part === 0 ? size + sizeOfAll - selected : size;
    const advantages = Float32Array.from(group, ({ advantage }) => advantage);
    const policy = {
      share: size / counted,
      advantages,
      ...omitUndefined({ oldLogProbs: cut(record.oldLogProbs), referenceLogProbs: cut(record.referenceLogProbs) }),
    };
    return { ...sequencesOf(group, padId), supervised: (weight * counted) / sizeOfAll, policy };
  });
  const nothing = { ...emptyBatch, tokens, supervised: weight };
  return { ...nothing, metrics, parts: parts.length === 0 ? [nothing] : parts };
}

function inParts(
  completions: readonly JudgedCompletion[],
  maxTokens: number,
): readonly (readonly JudgedCompletion[])[] {
  const parts: JudgedCompletion[][] = [];
  let tokens = maxTokens;
  for (const completion of completions) {
    const length = completion.promptIds.length + completion.ids.length;
    tokens += length;
    if (tokens > maxTokens) {
      parts.push([]);
      tokens = length;
    }
    parts.at(-1)?.push(completion);
  }
  return parts;
}

function countTokens(completions: readonly Pick<Completion, "ids">[]): number {
  return completions.reduce((sum, { ids }) => sum + ids.length, 0);
}
