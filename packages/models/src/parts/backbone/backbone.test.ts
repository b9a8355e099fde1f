import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { expectClose, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel } from "../../loading/load-model.ts";
import { openFolder } from "../../node.ts";
import type { PretrainedModel } from "../../pretrained-model.ts";

const context = { ...inferenceContext(activeAdapters("a")), training: true };
let model: PretrainedModel;

beforeAll(async () => {
  model = await loadModel(openFolder(join(fixturesRoot, "gpt2", "base")));
});
afterAll(() => model.dispose());

function parameter(path: string) {
  const found = model.parameters().find((candidate) => candidate.path === path);
  if (found === undefined) throw new Error(`no parameter ${path}`);
  return found;
}

function lossOf(ids: readonly number[]): tf.Scalar {
  const inputIds = tf.tensor2d([...ids], [1, ids.length], "int32");
  return model.loss({ inputIds, labels: inputIds }, context);
}

/** The number of operations on the tape after a forward pass with one trained bias, and that bias's gradient. */
function trainBias(path: string) {
  const hookPoint = parameter(path);
  const variable = tf.variable(tf.zeros([...hookPoint.shape]));
  const close = hookPoint.override("a", variable);
  let taped = 0;
  const { value, grads } = tf.variableGrads(() => {
    const loss = lossOf([4, 8, 15, 16]);
    taped = tf.engine().state.activeTape?.length ?? 0;
    return loss;
  }, [variable]);
  const gradient = Array.from(Object.values(grads)[0]?.dataSync() ?? []);
  close();
  tf.dispose([value, grads, variable]);
  return { taped, gradient };
}

describe("the frozen prefix", () => {
  it("is not recorded: the tape is short when only the last block is open", () => {
    const first = trainBias("transformer.h.0.mlp.c_proj.bias").taped;
    const last = trainBias("transformer.h.1.mlp.c_proj.bias").taped;
    const norm = trainBias("transformer.ln_f.bias").taped;
    expect(norm).toBeGreaterThan(0);
    expect(last).toBeLessThan(first);
    expect(norm).toBeLessThan(last / 2);
  });

  it("does not change gradients", () => {
    const path = "transformer.h.1.attn.c_proj.bias";
    const { gradient } = trainBias(path);
    const step = 1e-2;
    const shifted = (index: number, shift: number): number => {
      const moved = tf.variable(tf.tensor1d(gradient.map((_, position) => (position === index ? shift : 0))));
      const close = parameter(path).override("a", moved);
      const [value = Number.NaN] = tf.tidy(() => lossOf([4, 8, 15, 16])).dataSync();
      close();
      moved.dispose();
      return value;
    };
    for (const index of [0, 7, 31]) {
      const numeric = (shifted(index, step) - shifted(index, -step)) / (2 * step);
      // A loss near 9 is held to 1e-6, so the difference quotient to 5e-5.
      expectClose([gradient[index] ?? Number.NaN], [numeric], 2e-3, `entry ${index}`);
    }
  });
});
