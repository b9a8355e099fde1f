// Each method against PEFT's own implementation, or its paper's formula in torch: fixtures/methods.

import { join } from "node:path";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import "@lowrank/engine/gradients";
import { expectClose, expectNoLeak, fixturesRoot, readTensors } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { houlsbyAdapters, pfeifferAdapters } from "./bottleneck.ts";
import { addLoraFa, addVera } from "./frozen-matrices.ts";
import { type Adapted, adapterName, type Method } from "./method.ts";
import { methods } from "./methods.ts";
import { OpenedHookPoints } from "./opened-hook-points.ts";
import { ia3 } from "./scaled-states.ts";
import { prefixTuning, promptTuning } from "./virtual-tokens.ts";
import { bitFit } from "./weights.ts";

const folder = join(fixturesRoot, "../methods");
const inputs = await readTensors(join(folder, "inputs.safetensors"));

type Numbers = Awaited<ReturnType<typeof readTensors>>;

function tensorOf(numbers: Numbers, name: string, type: "float32" | "int32" = "float32"): tf.Tensor {
  const found = numbers.get(name);
  if (found === undefined) throw new Error(`The fixture has no "${name}"; it has ${[...numbers.keys()].join(", ")}.`);
  return tf.tensor(Array.from(found.values), [...found.shape], type);
}

const loraFa: Pick<Method, "name"> & { adapt: (...given: [...Parameters<Method["adapt"]>, Numbers]) => Adapted } = {
  name: "lora-fa-r8",
  adapt(model, seed, numbers) {
    const hookPoints = new OpenedHookPoints(model, seed);
    addLoraFa(hookPoints, 8, ({ path }) => tensorOf(numbers, `${path}.lora_A.weight`) as tf.Tensor2D);
    return hookPoints;
  },
};
const vera: typeof loraFa = {
  name: "vera-r256",
  adapt(model, seed, numbers) {
    const hookPoints = new OpenedHookPoints(model, seed);
    const [a, b] = [tensorOf(numbers, "vera_A"), tensorOf(numbers, "vera_B")] as [tf.Tensor2D, tf.Tensor2D];
    addVera(hookPoints, { a, b });
    return hookPoints;
  },
};

const judged = [promptTuning, prefixTuning, ia3, loraFa, vera, bitFit, houlsbyAdapters, pfeifferAdapters];

describe.each(judged)("$name", (method) => {
  it("gives PEFT's logits, loss and gradients to 1e-5", async () => {
    const numbers = await readTensors(join(folder, `${method.name}.safetensors`));
    const model = await loadModel(openFolder(join(folder, "base")));
    const adapted = method.adapt(model, 0, numbers);
    for (const [name, variable] of adapted.variables) tf.tidy(() => variable.assign(tensorOf(numbers, name)));
    const context = { ...inferenceContext(activeAdapters(adapterName)), everyPosition: true };
    const given = () => {
      const batch = {
        inputIds: tensorOf(inputs, "input_ids", "int32") as tf.Tensor2D,
        attentionMask: tensorOf(inputs, "attention_mask", "int32") as tf.Tensor2D,
        labels: tensorOf(inputs, "labels", "int32"),
      };
      return adapted.virtualTokens?.widen(batch) ?? batch;
    };
    const logits = tf.tidy(() => model.forward(given(), context));
    expectClose(await logits.data(), numbers.get("logits")?.values ?? [], 1e-5, "logits");
    const { value, grads } = tf.variableGrads(
      () => tf.tidy(() => model.loss(given(), context)),
      [...adapted.variables.values()],
    );
    expectClose(await value.data(), numbers.get("loss")?.values ?? [], 1e-5, "loss");
    const expected = [...numbers.keys()].filter((name) => name.startsWith("grad."));
    expect([...adapted.variables.keys()].map((name) => `grad.${name}`).sort()).toEqual(expected.sort());
    for (const [name, variable] of adapted.variables) {
      const gradient = grads[variable.name];
      if (gradient === undefined) throw new Error(`No gradient of ${name}.`);
      expectClose(await gradient.data(), numbers.get(`grad.${name}`)?.values ?? [], 1e-5, `gradient of ${name}`);
    }
    tf.dispose([logits, value, grads]);
    adapted.dispose();
    model.dispose();
  });
});

describe.each(methods.map((method) => ({ method, name: method.name })))("$name", ({ method }) => {
  it("leaves the model bit for bit as it was, and no tensor", async () => {
    const model = await loadModel(openFolder(join(folder, "base")));
    const logits = () =>
      tf.tidy(() => model.forward({ inputIds: tensorOf(inputs, "input_ids", "int32") as tf.Tensor2D }).dataSync());
    const before = logits();
    await expectNoLeak(() => method.adapt(model, 1).dispose());
    expect(logits()).toEqual(before);
    model.dispose();
  });
});
