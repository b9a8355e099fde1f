// Prompts → completions → rewards → advantages: the data of one or several batches.

import { type AdapterSelection, activeAdapters, inferenceContext, noAdapters } from "@lowrank/contracts";
import type { TextTokenizer } from "@lowrank/data";
import type { PromptTokens } from "@lowrank/data/internal";
import { completionKl, completionLogProbs, groupAdvantages } from "@lowrank/models/internal";
import { mean } from "../../mean.ts";
import type { RewardInput } from "../../rewards/reward.ts";
import { scoreCompletions } from "../../rewards/score-completions.ts";
import { endTokens } from "../../rows/text-ending.ts";
import type { WritingRun } from "../objective.ts";
import { type PolicyRecord, readByLoss, sequencesOf, weightsOf } from "./policy-batch.ts";
import type { RewardSettings } from "./reward-settings.ts";
import { type Completion, type Writing, writeCompletions } from "./write-completions.ts";

export interface Rewarding {
  readonly settings: RewardSettings;
  readonly tokenizer: TextTokenizer;
}

/** What completions are written by. */
type RecordWriter = Rewarding &
  Pick<WritingRun, "model" | "padId" | "signal"> &
  Pick<Writing, "key"> & { readonly adapter: string; onScored?: ScoredListener | undefined };

type ScoredListener = (inputs: readonly Omit<RewardInput, "signal">[], totals: readonly number[]) => void;

/** The records of batches of prompts. Throws REWARD_FAILED, the signal's reason, and the errors of generation. */
export async function writeRecords(
  prompts: readonly (readonly PromptTokens[])[],
  writer: RecordWriter,
): Promise<readonly PolicyRecord[]> {
  const { settings } = writer;
  const { numGenerations: groupSize, scaleRewards, objective, beta, lossType } = settings;
  const hasLogProbs = beta > 0;
  const all = await writeRewarded(prompts.flat(), { ...writer, count: groupSize, hasLogProbs });
  const { completions, totals } = all;
  const penalties = beta > 0 && lossType === "rloo" ? await divergences(completions, writer) : [];
  const rewards = totals.map((total, index) => total - beta * (penalties[index] ?? 0));
  const { advantages, equalGroups, spread } = groupAdvantages(rewards, {
    groupSize,
    scaleRewards,
    estimator: objective,
  });
  const judged = completions.map((completion, index) => ({ ...completion, advantage: advantages[index] ?? 0 }));
  const measured = { groups: prompts.flat().length, equalGroups, rewardStd: spread };
  const records: Omit<PolicyRecord, "metrics">[] = [];
  const kls: number[] = penalties.map((kl, index) => kl / Math.max(1, completions[index]?.ids.length ?? 1));
  let first = 0;
  for (const { length } of prompts) {
    const ofBatch = judged.slice(first, first + length * groupSize);
    first += ofBatch.length;
    const selected = readByLoss(ofBatch, settings);
    const targets = selected.length === 0 ? {} : await logProbsOf(selected, writer);
    kls.push(...divergencesAt(selected, targets));
    const read = selected.map(({ promptIds, ids, advantage }) => ({ promptIds, ids, advantage }));
    records.push({ completions: read, ...weightsOf(selected, ofBatch, settings), ...targets });
  }
  const kl = kls.length === 0 ? {} : { kl: mean(kls) };
  const metrics = { ...all.metrics, ...measured, ...kl };
  return records.map((record) => ({ ...record, metrics }));
}

/** Completions, their rewards and metrics over them. */
export async function writeRewarded(
  prompts: readonly PromptTokens[],
  {
    model,
    tokenizer,
    settings,
    ...how
  }: Omit<RecordWriter, "adapter" | "padId"> & Pick<Writing, "adapter" | "hasLogProbs"> & { readonly count: number },
): Promise<{
  readonly completions: readonly Completion[];
  readonly totals: readonly number[];
  readonly metrics: PolicyRecord["metrics"];
}> {
  const eosTokenIds = endTokens(model, tokenizer);
  const { reward, rewardTimeout: timeout, rewardConcurrency: concurrency } = settings;
  const completions = await writeCompletions(model, prompts, { ...settings, ...how, eosTokenIds });
  const inputs = completions.map(({ prompt: { asked, row }, ids }) => {
    return { prompt: askedOf(asked), completion: tokenizer.decode([...ids]), row };
  });
  const { totals, parts } = await scoreCompletions(inputs, { reward, timeout, concurrency, signal: how.signal });
  how.onScored?.(inputs, totals);
  const metrics = {
    reward: mean(totals),
    ...Object.fromEntries([...parts].map(([name, values]) => [`reward/${name}`, mean(values)])),
    ...lengthMetrics(completions),
  };
  return { completions, totals, metrics };
}

export function lengthMetrics(completions: readonly Completion[]): PolicyRecord["metrics"] {
  return {
    completionLength: mean(completions.map(({ ids }) => ids.length)),
    truncatedShare: mean(completions.map(({ isTruncated }) => Number(isTruncated))),
  };
}

function askedOf(asked: PromptTokens["asked"]) {
  if (asked.kind === "chat") return asked.messages;
  if (asked.kind === "completion") return asked.prompt;
  return asked.input === "" ? asked.instruction : `${asked.instruction}\n${asked.input}`;
}

/** What the loss compares with. On the first step with completions the old log-probabilities are those of that step itself. */
async function logProbsOf(
  selected: readonly Completion[],
  writer: RecordWriter,
): Promise<Pick<PolicyRecord, "oldLogProbs" | "referenceLogProbs">> {
  const { numIterations, beta, lossType, temperature } = writer.settings;
  const { model, adapter, padId } = writer;
  const batch = sequencesOf(selected, padId);
  const read = async (adapters: AdapterSelection) => {
    return [...(await completionLogProbs(model, batch, inferenceContext(adapters), { temperature }))];
  };
  return {
    // Log-probabilities of sampling are before temperature.
    ...(numIterations > 1 || (beta > 0 && temperature !== 1)
      ? { oldLogProbs: await read(activeAdapters(adapter)) }
      : {}),
    ...(beta > 0 && lossType !== "rloo" ? { referenceLogProbs: await read(noAdapters) } : {}),
  };
}

/** KL of each completion from the base, for RLOO's penalty. */
async function divergences(completions: readonly Completion[], writer: RecordWriter): Promise<readonly number[]> {
  const { model, adapter, padId, settings } = writer;
  const batch = sequencesOf(completions, padId);
  const read = (adapters: AdapterSelection) => completionLogProbs(model, batch, inferenceContext(adapters), settings);
  const [oldLogProbs, referenceLogProbs] = [await read(activeAdapters(adapter)), await read(noAdapters)];
  return [...completionKl(batch, { oldLogProbs, referenceLogProbs })];
}

/** KL from the base at each token (Schulman 2020, k3), by the log-probabilities of sampling. */
function divergencesAt(
  selected: readonly Completion[],
  { oldLogProbs, referenceLogProbs = [] }: Pick<PolicyRecord, "oldLogProbs" | "referenceLogProbs">,
): readonly number[] {
  const sampled = oldLogProbs ?? selected.flatMap(({ logProbs }) => logProbs);
  return referenceLogProbs.map((reference, token) => {
    const gain = reference - (sampled[token] ?? reference);
    return Math.exp(gain) - gain - 1;
  });
}
