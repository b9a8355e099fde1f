// QALoRA: A sees the mean of each group of inputs. The hand-made model's q_proj is 6 → 8, its up_proj 8 → 6.

import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { createLoraConfig, type LoraConfig, toPlainLora } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext, type Site } from "@lowrank/contracts";
import { LoraAdaptation, LoraMatrices, lowRankDelta } from "@lowrank/math";
import { toAB } from "@lowrank/math/internal";
import { expectClose, expectNoLeak, HandMadeModel } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { adapted, dispose, initializedModel, logits, train } from "../../../test/initialized-model.ts";
import { attachAdapter } from "../../attach/attach-adapter.ts";
import { UnsupportedSiteError } from "../../errors/errors.ts";
import { planInjection } from "../../plan/plan-injection.ts";
import { factorSpecs } from "../factor-specs.ts";

const pooled = { useQalora: true, qaloraGroupSize: 2 } as const;
const query = "model.layers.0.self_attn.q_proj";

/**
 * Made by PEFT 0.21.2: `init` and `forward` of QALoraLinearVariant on a module of two `nn.Linear` – 8 inputs in groups of 4,
 * rank 2, 3 outputs, scaling 1.5, seed 0 –, and the gradients of Σ y².
 */
const peft = {
  a: [-0.145523, 0.529136, -0.113974, 0.074822], // [rank, groups]
  b: [0.279544, 0.42428, -0.479377, -0.307919, 0.256833, 0.587173], // [outFeatures, rank]
  x: [
    1.44366, 0.266049, 0.166455, 0.874382, -0.143474, -0.111609, -0.613583, 0.031593, 2.004981, 0.053737, 0.618057,
    -0.412802, -0.841065, -2.316042, -0.10231, 0.792444,
  ],
  y: [-0.296468, 0.390017, -0.328056, -0.483599, 0.68999, -0.509827],
  gradients: {
    a: [-3.487963, 2.653386, -4.244091, 3.203818],
    b: [1.56087, 0.488336, -2.185307, -0.678143, 1.66514, 0.523571],
    x: [0.152261, -0.330263, 0.252871, -0.554228].flatMap((value) => [value, value, value, value]),
  },
};

const layer = { kind: "linear", path: "h.0.fc", inFeatures: 8, outFeatures: 3 } as const;
const config = createLoraConfig({ rank: 2, useQalora: true, qaloraGroupSize: 4 });

describe("A of means of groups", () => {
  it("equals PEFT's outputs and gradients", () =>
    expectNoLeak(() => {
      const factors = factorSpecs(layer, { path: layer.path, rank: 2 }, config);
      const stored = [
        { shape: [2, 2], values: Float32Array.from(peft.a) },
        { shape: [3, 2], values: Float32Array.from(peft.b) },
      ];
      const lora = LoraMatrices.fromStored(stored, { name: "qalora", factors });
      const adaptation = new LoraAdaptation({ lora, scale: 1.5 });
      const x = tf.tensor2d(peft.x, [2, 8]);
      // The branch uses nothing of a site except its output.
      const call = { output: tf.zeros([2, 3]), site: layer as unknown as Site, context: inferenceContext(), weight: 1 };
      const apply = (input: tf.Tensor) => adaptation.apply({ ...call, input });
      const y = apply(x);
      expectClose(y.dataSync(), peft.y, 1e-5);
      const squared = (input: tf.Tensor) => tf.sum<tf.Scalar>(tf.square(apply(input)));
      const { value, grads } = tf.variableGrads(() => squared(x), [...lora.variables]);
      const ofInput = tf.grad(squared)(x);
      const [ofA, ofB] = [lora.a, lora.b].map(({ name }) => tf.transpose(grads[name]!)); // as files have them
      expectClose(ofA!.dataSync(), peft.gradients.a, 1e-5);
      expectClose(ofB!.dataSync(), peft.gradients.b, 1e-5);
      expectClose(ofInput.dataSync(), peft.gradients.x, 1e-5);
      const whole = tf.tidy(() => lowRankDelta(toAB(lora).a, toAB(lora).b, 1.5)); // [8, 3]
      expectClose(
        tf.tidy(() => tf.matMul(x, whole).dataSync()),
        peft.y,
        1e-5,
      );
      tf.dispose([x, y, value, grads, ofInput, ofA!, ofB!, whole, call.output]);
      lora.dispose();
    }));

  it("has one number for each group in A, in PEFT's shapes, and leaves the model as it was until it is trained", async () => {
    const { model, handle } = initializedModel(pooled);
    const { tensors } = await handle.toAdapter();
    expect(tensors.get(`${query}.lora_A.weight`)?.shape).toEqual([2, 3]); // [rank, inFeatures/2]
    expect(tensors.get(`${query}.lora_B.weight`)?.shape).toEqual([8, 2]);
    expectClose(logits(model, adapted), logits(model), 1e-6);
    dispose({ model, handle });
  });

  it("is the same after reading its file, and as plain A and B that repeat each group's numbers", () =>
    expectNoLeak(async () => {
      const { model, handle } = initializedModel(pooled);
      tf.tidy(() => train(handle));
      const trained = logits(model, adapted);
      expect(trained).not.toEqual(logits(model));
      const adapter = await handle.toAdapter();
      handle.dispose();
      const [again, plain] = [
        attachAdapter(model, adapter),
        attachAdapter(model, toPlainLora(adapter), { name: "plain" }),
      ];
      expect(logits(model, adapted)).toEqual(trained);
      expectClose(logits(model, inferenceContext(activeAdapters("plain"))), trained, 1e-5);
      plain.dispose();
      dispose({ model, handle: again });
    }));
});

describe("use_qalora", () => {
  const model = new HandMadeModel();
  const plan = (options: Partial<LoraConfig>) =>
    planInjection(model, createLoraConfig({ rank: 2, targetModules: ["q_proj"], ...pooled, ...options }));

  it("refuses layers whose inputs do not divide into groups, and layers that are not linear", () => {
    const refused = () => plan({ targetModules: ["q_proj", "embed_tokens"], qaloraGroupSize: 4 });
    expect(refused).toThrow(UnsupportedSiteError);
    expect(refused).toThrow("groups of 4 (use_qalora's qalora_group_size) do not divide its 6 inputs");
    expect(refused).toThrow("use_qalora is for linear layers");
  });

  it("refuses initializations that read the weight, other variants and a bias on B", () => {
    expect(() => plan({ init: "pissa" })).toThrow(expect.objectContaining({ code: "UNSUPPORTED_START" }));
    expect(() => plan({ useDora: true })).toThrow(expect.objectContaining({ code: "INVALID_ADAPTER_CONFIG" }));
    expect(() => plan({ loraBias: true })).toThrow(/useQalora.*which PEFT ignores/);
  });
});
