// Against Keras itself: models with its `enable_lora`, computed by scripts/python/make_keras_cases.py.

import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { readFileSync } from "node:fs";
import type { AdapterHandle } from "@lowrank/inject";
import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, layers, sequential } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";
import { testEngines, useEngine } from "../../../engine/test/test-engines.ts";
import { predict } from "../../test/adapted.ts";
import { enableLora } from "./enable-lora.ts";

interface Stored {
  readonly shape: number[];
  readonly values: number[];
}

interface KerasCase {
  readonly name: string;
  readonly rank: number;
  readonly alpha: number;
  readonly adapted: string[];
  readonly inputs: Stored;
  readonly targets: Stored;
  readonly base: Record<string, Stored>;
  readonly factors: Record<string, Stored>;
  readonly outputs: number[];
  readonly gradients: Record<string, number[]>;
  readonly losses: number[];
  readonly trained: Record<string, number[]>;
}

const file = new URL("../../../../fixtures/keras/lora-layers.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { readonly cases: readonly KerasCase[] };

const models: Readonly<Record<string, () => LayersModel>> = {
  dense: () =>
    sequential({
      layers: [
        layers.dense({ inputShape: [5], units: 6, activation: "relu", name: "hidden" }),
        layers.dense({ units: 3, activation: "tanh", name: "score" }),
      ],
    }),
  embedding: () =>
    sequential({
      layers: [
        layers.embedding({ inputDim: 7, outputDim: 4, inputLength: 3, name: "table" }),
        layers.flatten(),
        layers.dense({ units: 2, name: "score" }),
      ],
    }),
  conv: () => {
    const settings = { filters: 3, kernelSize: 3, strides: 2, padding: "same", activation: "relu" } as const;
    return sequential({
      layers: [
        layers.conv2d({ ...settings, inputShape: [6, 5, 2], name: "conv" }),
        layers.flatten(),
        layers.dense({ units: 2, name: "score" }),
      ],
    });
  },
};

const tensor = ({ values, shape }: Stored) => tf.tensor(values, shape);

/** Keras' names for what an adapter trains: "sequential/hidden/lora_kernel_a" is "hidden.lora_A.weight". Biases go on training. */
function variableOf({ variables }: AdapterHandle, kerasName: string): tf.Variable {
  const [, layer = "", weight = ""] = kerasName.split("/");
  const names = new Map([
    ["lora_kernel_a", "lora_A.weight"],
    ["lora_kernel_b", "lora_B.weight"],
    ["lora_embeddings_a", "lora_embedding_A"],
    ["lora_embeddings_b", "lora_embedding_B"],
    ["bias", "base_layer.bias"],
  ]);
  const variable = variables.get(`${layer}.${names.get(weight)}`);
  if (variable === undefined) throw new Error(`No variable for ${kerasName} among ${[...variables.keys()]}`);
  return variable;
}

describe.each(testEngines("cpu", "wasm", "native"))("Keras' enable_lora on the %s engine", (engine) => {
  beforeAll(() => useEngine(engine));

  it.each(cases)("$name: outputs, gradients, and five steps of fit", async (made) => {
    const model = models[made.name]!();
    model.setWeights(Object.values(made.base).map(tensor));
    const [x, y] = [tensor(made.inputs), tensor(made.targets)];
    const handle = enableLora(model, {
      rank: made.rank,
      alpha: made.alpha,
      layers: made.adapted,
      config: { bias: Object.keys(made.factors).some((name) => name.endsWith("bias")) ? "all" : "none" },
    });
    const factors = Object.entries(made.factors).map(([name, value]) => {
      const variable = variableOf(handle, name);
      variable.assign(tf.reshape(tensor(value), variable.shape));
      return [name, variable] as const;
    });
    expectClose(predict(model, x), made.outputs, 1e-4);
    const variables = factors.map(([, variable]) => variable);
    const loss = () => tf.losses.meanSquaredError(y, model.apply(x, { training: true }) as tf.Tensor) as tf.Scalar;
    const { grads } = tf.variableGrads(loss, variables);
    for (const [name, variable] of factors) expectClose(grads[variable.name]!.dataSync(), made.gradients[name]!, 1e-4);
    model.compile({ optimizer: tf.train.sgd(0.02), loss: "meanSquaredError" });
    const { history } = await model.fit(x, y, { epochs: 5, batchSize: x.shape[0]!, shuffle: false, verbose: 0 });
    expectClose(history.loss as number[], made.losses, 1e-4);
    for (const [name, variable] of factors) expectClose(variable.dataSync(), made.trained[name]!, 1e-4);
    expect(handle.variables.size).toBe(factors.length);
    handle.dispose();
  });
});
