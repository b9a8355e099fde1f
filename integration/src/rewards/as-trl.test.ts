// Advantages, losses and gradients of policies that learn from rewards and of a reward model, compared with TRL's GRPOTrainer,
// RLOOTrainer and RewardTrainer (scripts/python/make_policy_references.py), on each engine.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext, noAdapters } from "@lowrank/contracts";
import { chooseEngine } from "@lowrank/engine";
import { differentiate } from "@lowrank/engine/internal";
import { type AdapterHandle, attachAdapter } from "@lowrank/inject";
import { loadModel, type PretrainedModel, preferenceLoss } from "@lowrank/models";
import {
  type AdvantageOptions,
  completionKl,
  completionLogProbs,
  groupAdvantages,
  type PolicySettings,
  type PolicyTargets,
  policyLoss,
} from "@lowrank/models/internal";
import { openFolder } from "@lowrank/models/node";
import { expectClose, expectNoLeak, readTensors } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectTrlGradients, integers, type JsonBatch } from "../testing/trl-cases.ts";

interface Case extends Omit<PolicySettings, "numItems" | "temperature"> {
  readonly temperature: number;
  readonly scaleRewards: AdvantageOptions["scaleRewards"];
  readonly advantages: readonly number[];
  /** Null for completions of the policy that is trained. */
  readonly old: readonly number[] | null;
  readonly reference: readonly number[];
  readonly loss: number;
}

const fixtures = fileURLToPath(new URL("../../../fixtures/", import.meta.url));
const expected = JSON.parse(await readFile(join(fixtures, "rewards", "expected.json"), "utf8")) as {
  readonly groupSize: number;
  readonly batch: JsonBatch;
  readonly rewards: readonly number[];
  readonly cases: Readonly<Record<string, Case>>;
  readonly rewardModel: { readonly loss: number; readonly rewards: readonly number[] };
};
const gradients = await readTensors(join(fixtures, "rewards", "gradients.safetensors"));

const batch = integers(expected.batch);

describe.each(["wasm", "native"] as const)("learning from rewards on %s", (engine) => {
  let model: PretrainedModel;
  let handle: AdapterHandle;
  beforeAll(async () => {
    await chooseEngine({ order: [engine] });
    model = await loadModel(openFolder(join(fixtures, "bases", "llama-70f4c4")));
    handle = attachAdapter(model, await readAdapterFolder(join(fixtures, "rewards", "adapter")), { trainable: true });
  });
  afterAll(() => {
    handle.dispose();
    model.dispose();
  });

  const compute = (one: Case, targets: Partial<PolicyTargets> = {}) => {
    const ours = { advantages: Float32Array.from(one.advantages), referenceLogProbs: Float32Array.from(one.reference) };
    const old = one.old === null ? {} : { oldLogProbs: Float32Array.from(one.old) };
    const context = inferenceContext(activeAdapters(handle.name));
    return policyLoss(model, { ...batch, ...ours, ...old, ...targets }, { ...one, context });
  };
  const first = (): Case => Object.values(expected.cases)[1] as Case;

  it.each(Object.entries(expected.cases))("equals TRL's loss and gradients: %s", async (name, one) => {
    const loss = compute(one);
    expectClose(await loss.data(), [one.loss], 1e-5, "loss");
    loss.dispose();
    expectTrlGradients(gradients, name, { variables: handle.variables, lossOf: () => compute(one) });
  });

  it.each(Object.entries(expected.cases))("equals TRL's advantages: %s", (_, { old, reference, beta, ...one }) => {
    const estimator = one.lossType === "rloo" ? "rloo" : "grpo";
    const isPenalized = estimator === "rloo" && old !== null;
    const [oldLogProbs, referenceLogProbs] = [Float32Array.from(old ?? []), Float32Array.from(reference)];
    const kl = isPenalized ? completionKl(batch, { oldLogProbs, referenceLogProbs }) : [];
    const rewards = expected.rewards.map((reward, row) => reward - beta * (kl[row] ?? 0));
    const { advantages } = groupAdvantages(rewards, { ...one, groupSize: expected.groupSize, estimator });
    expectClose(advantages, one.advantages, 1e-5, "advantages");
  });

  it("equals TRL's log-probabilities, divided by the temperature", async () => {
    for (const { reference, temperature } of Object.values(expected.cases)) {
      const found = await completionLogProbs(model, batch, inferenceContext(noAdapters), { temperature });
      expectClose(found, reference, 1e-5, "log-probabilities");
    }
  });

  it("refuses values of another batch, which might broadcast", () => {
    expect(() => compute(first(), { advantages: Float32Array.of(1) })).toThrow("advantages: it has 1 values");
    expect(() => compute(first(), { oldLogProbs: Float32Array.of(0) })).toThrow("oldLogProbs: it has 1 values");
    const withKl = { ...first(), beta: 0.1 };
    expect(() => compute(withKl, { referenceLogProbs: undefined })).toThrow("referenceLogProbs: it has 0 values");
  });

  it("leaves nothing behind", async () => {
    await expectNoLeak(() => {
      tf.tidy(() => void differentiate(() => compute(first()), [...handle.variables.values()]));
    });
  });
});

describe.each(["wasm", "native"] as const)("a reward model on %s", (engine) => {
  it("equals TRL's loss, rewards and gradients", async () => {
    await chooseEngine({ order: [engine] });
    const classifier = { task: "sequence-classification", numLabels: 1, newHead: { seed: 0 } } as const;
    const model = await loadModel(openFolder(join(fixtures, "bases", "llama-70f4c4")), classifier);
    const adapter = await readAdapterFolder(join(fixtures, "rewards", "reward-model"));
    const handle = attachAdapter(model, adapter, { trainable: true });
    const { loss, rewards } = expected.rewardModel;
    const context = inferenceContext(activeAdapters(handle.name));
    const compute = () => preferenceLoss(model, { answers: batch }, { loss: "reward", settings: {}, context });
    const found = compute();
    expectClose(await found.loss.data(), [loss], 1e-5, "loss");
    expectClose(await found.rewards.data(), rewards, 1e-5, "rewards");
    tf.dispose([found.loss, found.rewards]);
    expectTrlGradients(gradients, "reward", { variables: handle.variables, lossOf: () => compute().loss });
    handle.dispose();
    model.dispose();
  });
});
