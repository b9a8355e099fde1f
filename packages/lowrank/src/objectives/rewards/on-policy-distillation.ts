// On-policy distillation: the model writes completions, and a teacher's probabilities for their tokens are imitated, by the reverse
// KL divergence. Agarwal et al. 2024 (GKD) with λ = 1 and β = 1, as in TRL's GKDTrainer with `lmbda` 1 and `beta` 1.

import { selectedNames } from "@lowrank/contracts";
import type { TextTokenizer } from "@lowrank/data";
import type { PromptTokens } from "@lowrank/data/internal";
import { batchTensors, distillationLoss, type PretrainedModel } from "@lowrank/models";
import { trainingOptionsError } from "@lowrank/trainer/internal";
import * as tf from "@tensorflow/tfjs-core";
import { rewardOptions } from "../../options/reward-options.ts";
import { endTokens } from "../../rows/text-ending.ts";
import { type DistillationSettings, teachingModel } from "../distillation/distillation.ts";
import type { LearningPlan, LossOptions, RunBatch } from "../objective.ts";
import { type PolicyRecord, sequencesOf } from "./policy-batch.ts";
import { type RewardOptions, refuseOthers } from "./reward-settings.ts";
import { type Writing, writeCompletions } from "./write-completions.ts";
import { lengthMetrics } from "./write-records.ts";
import { startWriting } from "./written-batches.ts";

const read: readonly string[] = ["objective", "numGenerations", "maxCompletionLength", "temperature", "topP"];
const unread = [
  ...Object.keys(rewardOptions.rows).filter((name) => !read.includes(name)),
  "beta",
  "klToBase",
  "teacherShare",
];

/** Throws TRAINING_OPTIONS without a teacher, for one with another tokenizer, and for options of rewards. */
export async function gkdPlan(
  options: RewardOptions & DistillationSettings,
  tokenizer: TextTokenizer,
): Promise<LearningPlan> {
  const { teacher: opened, divergence = "reverse", divergenceTemperature = 1 } = options;
  const { numGenerations: count = 1, maxCompletionLength = 256, temperature = 1, topP = 1 } = options;
  if (opened === undefined)
    throw trainingOptionsError(["teacher: missing; objective gkd needs a model with the same tokenizer"]);
  refuseOthers(options, unread);
  const teacher = await teachingModel(opened, tokenizer);
  const { modelType, fingerprint } = teacher.model;
  const sampling = { count, maxCompletionLength, temperature, topP };
  const distilled = { divergence, temperature: divergenceTemperature };
  const lossOf = (model: PretrainedModel, batch: RunBatch, { context }: Pick<LossOptions, "context">) =>
    tf.tidy(() => distillationLoss(model, batchTensors(batch), { ...distilled, context, teacher }));
  const write = async (
    model: PretrainedModel,
    prompts: readonly PromptTokens[],
    how: Pick<Writing, "adapter" | "key" | "signal">,
  ): Promise<PolicyRecord> => {
    const rules = { eosTokenIds: endTokens(model, tokenizer), hasLogProbs: false };
    const completions = await writeCompletions(model, prompts, { ...sampling, ...rules, ...how });
    const tokens = completions.reduce((sum, { promptIds, ids }) => sum + promptIds.length + ids.length, 0);
    const weight = completions.reduce((sum, { ids }) => sum + ids.length, 0);
    const trained = completions.map(({ promptIds, ids }) => ({ promptIds, ids, advantage: 0 }));
    return { completions: trained, share: 1, weight, isPerToken: true, tokens, metrics: lengthMetrics(completions) };
  };
  return {
    kind: "rewards",
    words: `gkd, ${JSON.stringify({ ...sampling, ...distilled })}, teacher ${modelType} ${fingerprint}`,
    comparesNeighbours: true,
    written: {
      numIterations: 1,
      maxCompletionLength,
      start: (run) =>
        startWriting(run, {
          numIterations: 1,
          async write(batches, key) {
            const records: PolicyRecord[] = [];
            for (const [index, prompts] of batches.entries()) {
              const batchKey = { ...key, path: `${key.path}, batch ${index}` };
              const how = { adapter: run.adapter.name, key: batchKey, signal: run.signal };
              records.push(await write(run.model, prompts, how));
            }
            return records;
          },
        }),
    },
    loss: lossOf,
    async measure(model, { examples, padId }, { context, signal, onRows }) {
      const [adapter = null] = selectedNames(context.adapters);
      const key = { seed: 0, step: 0, path: "validation" };
      let [sum, weight] = [0, 0];
      for (const row of examples) {
        if (row.kind !== "prompt") continue;
        const record = await write(model, [row], { adapter, key, signal });
        const loss = lossOf(model, sequencesOf(record.completions, padId), { context });
        const [value = Number.NaN] = await loss.data();
        sum += record.weight * value;
        weight += record.weight;
        loss.dispose();
        onRows?.(1);
      }
      return { loss: sum / weight, reward: -sum / weight };
    },
  };
}
