// Validation of learning from rewards: the mean reward of one completion for each prompt, sampled as in training.

import { selectedNames } from "@lowrank/contracts";
import type { PretrainedModel } from "@lowrank/models";
import type { RowMetrics } from "../../metric-names.ts";
import type { MeasuredData } from "../../rows/measured-batches.ts";
import type { Measuring } from "../objective.ts";
import { type Rewarding, writeRewarded } from "./write-records.ts";

/** The same seed each time, so that validations differ by the adapter alone. The loss is the negative reward. */
export async function measureReward(
  model: PretrainedModel,
  { examples }: MeasuredData,
  { context, signal, onRows, ...rewarding }: Measuring & Rewarding,
): Promise<RowMetrics> {
  const prompts = examples.flatMap((row) => (row.kind === "prompt" ? [row] : []));
  const [adapter = null] = selectedNames(context.adapters);
  const key = { seed: 0, step: 0, path: "validation" };
  const how = { ...rewarding, model, adapter, key, signal, count: 1, hasLogProbs: false };
  const { reward = Number.NaN } = (await writeRewarded(prompts, how)).metrics;
  onRows?.(prompts.length);
  return { loss: -reward, reward };
}
