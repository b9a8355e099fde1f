import { fileURLToPath } from "node:url";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import type { PromptTokens } from "@lowrank/data/internal";
import { completionLogProbs, policyLoss } from "@lowrank/models/internal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenedModel, openModel } from "../../index.ts";
import { batchOf, readByLoss, sequencesOf, weightsOf } from "./policy-batch.ts";
import { rewardSettings } from "./reward-settings.ts";
import { type Completion, writeCompletions } from "./write-completions.ts";

let model: OpenedModel;
let completions: readonly Completion[];
beforeAll(async () => {
  model = await openModel(fileURLToPath(new URL("../../../../tiny-model/model", import.meta.url)));
  model.adapt({ rank: 2, init: false });
  const prompts = [[5, 6, 7], [8, 9, 10, 11, 12], [13]].map((inputIds): PromptTokens => {
    return { kind: "prompt", inputIds, asked: { kind: "completion", prompt: "", completion: "" }, row: {} };
  });
  const key = { seed: 1, step: 0, path: "test" };
  const how = { adapter: "default", temperature: 1, topP: 1, eosTokenIds: [9], hasLogProbs: true };
  completions = await writeCompletions(model.base, prompts, { ...how, count: 2, maxCompletionLength: 6, key });
});
afterAll(() => model.dispose());

const context = inferenceContext(activeAdapters("default"));

it("samples with the log-probabilities that the training pass computes", async () => {
  const now = await completionLogProbs(model.base, sequencesOf(completions, 0), context);
  const sampled = completions.flatMap(({ logProbs }) => logProbs);
  expect(sampled).toHaveLength(now.length);
  for (const [token, logProb] of sampled.entries()) expect(Math.abs(logProb - (now[token] ?? 0))).toBeLessThan(1e-4);
});

describe("a batch in parts, without the completions that have no advantage", () => {
  const lossTypes = ["grpo", "dr_grpo", "dapo", "bnpo"] as const;
  it.each(lossTypes)("has the loss of the whole batch with %s", async (lossType) => {
    const settings = rewardSettings({ reward: () => 0, lossType, maxCompletionLength: 6 });
    const judged = completions.map((each, index) => ({ ...each, advantage: [0, 0, 1, -1, 0.5, 0][index] ?? 0 }));
    const lossOf = async (kept: typeof judged, sizes: ReturnType<typeof weightsOf>, maxTokens: number) => {
      const oldLogProbs = kept.flatMap(({ logProbs }) => logProbs.map((logProb) => logProb - 0.1));
      const { parts = [] } = batchOf({ completions: kept, ...sizes, metrics: {}, oldLogProbs }, 0, maxTokens);
      let [sum, weight] = [0, 0];
      for (const { policy, supervised, ...batch } of parts) {
        const loss = policyLoss(
          model.base,
          { ...batch, advantages: new Float32Array(), ...policy },
          { ...settings, context },
        );
        const [value = Number.NaN] = await loss.data();
        loss.dispose();
        sum += value * (policy?.share ?? 0) * supervised;
        weight += supervised;
      }
      expect(weight).toBeCloseTo(sizes.weight, 5);
      return sum / weight;
    };
    const kept = readByLoss(judged, settings);
    expect(kept).toHaveLength(3);
    const whole = await lossOf(judged, weightsOf(judged, judged, settings), 1000);
    for (const maxTokens of [1000, 12])
      expect(await lossOf([...kept], weightsOf(kept, judged, settings), maxTokens)).toBeCloseTo(whole, 5);
  });
});
