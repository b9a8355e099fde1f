// Advantages, losses and gradients of policies that learn from rewards, compared with TRL's GRPOTrainer and RLOOTrainer
// (scripts/python/make_policy_references.py), on each engine.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext, noAdapters } from "@lowrank/contracts";
import { chooseEngine, differentiate } from "@lowrank/engine";
import { type AdapterHandle, attachAdapter } from "@lowrank/inject";
import {
  type AdvantageOptions,
  completionKl,
  completionLogProbs,
  groupAdvantages,
  type IntegerBatch,
  loadModel,
  type PolicySettings,
  type PolicyTargets,
  type PretrainedModel,
  policyLoss,
} from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { expectClose, expectNoLeak, readTensors } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

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
  readonly prompts: readonly (readonly number[])[];
  readonly completions: readonly (readonly number[])[];
  readonly rewards: readonly number[];
  readonly cases: Readonly<Record<string, Case>>;
};
const gradients = await readTensors(join(fixtures, "rewards", "gradients.safetensors"));

/** Each completion after its prompt, padded on the right; labels are −100 on prompts and padding. */
function batchOf({ prompts, completions, groupSize }: typeof expected): IntegerBatch {
  const promptOf = (row: number) => prompts[Math.floor(row / groupSize)] ?? [];
  const time = Math.max(...completions.map(({ length }, row) => promptOf(row).length + length));
  const padded = (rows: readonly (readonly number[])[], filler: number) =>
    Int32Array.from(rows.flatMap((row) => [...row, ...Array<number>(time - row.length).fill(filler)]));
  const texts = completions.map((ids, row) => [...promptOf(row), ...ids]);
  return {
    ...{ rows: completions.length, time, labelShape: [completions.length, time] },
    inputIds: padded(texts, 0),
    attentionMask: padded(
      texts.map((ids) => ids.map(() => 1)),
      0,
    ),
    labels: padded(
      completions.map((ids, row) => [...promptOf(row).map(() => -100), ...ids]),
      -100,
    ),
  };
}

const batch = batchOf(expected);

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

  it.each(Object.entries(expected.cases))("gives TRL's loss and gradients: %s", async (name, one) => {
    const loss = compute(one);
    expectClose(await loss.data(), [one.loss], 1e-5, "loss");
    loss.dispose();
    const found = tf.tidy(() => {
      const { gradients: own } = differentiate(() => compute(one), [...handle.variables.values()]);
      // Variables are stored as [in, out], PEFT's tensors as [out, in].
      return own.map((gradient) => Float32Array.from(gradient === undefined ? [] : tf.transpose(gradient).dataSync()));
    });
    const paths = [...handle.variables.keys()];
    const wanted = paths.map((path) => gradients.get(`${name}/base_model.model.${path}`)?.values ?? []);
    for (const [index, values] of wanted.entries()) {
      const largest = Math.max(...Array.from(values, Math.abs));
      expect(largest, paths[index]).toBeGreaterThan(1e-3);
      expectClose(found[index] ?? [], Float32Array.from(values), 1e-5 * Math.max(1, largest), paths[index]);
    }
  });

  it.each(Object.entries(expected.cases))("gives TRL's advantages: %s", (_, { old, reference, beta, ...one }) => {
    const estimator = one.lossType === "rloo" ? "rloo" : "grpo";
    const isPenalized = estimator === "rloo" && old !== null;
    const [oldLogProbs, referenceLogProbs] = [Float32Array.from(old ?? []), Float32Array.from(reference)];
    const kl = isPenalized ? completionKl(batch, { oldLogProbs, referenceLogProbs }) : [];
    const rewards = expected.rewards.map((reward, row) => reward - beta * (kl[row] ?? 0));
    const { advantages } = groupAdvantages(rewards, { ...one, groupSize: expected.groupSize, estimator });
    expectClose(advantages, one.advantages, 1e-5, "advantages");
  });

  it("gives TRL's log-probabilities, divided by the temperature", async () => {
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
