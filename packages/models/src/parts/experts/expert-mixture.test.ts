import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { ParameterSlot } from "@lowrank/engine/hook-points";
import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { normal } from "@lowrank/engine/internal";
import { expectClose, expectGradients, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { activations } from "../activations.ts";
import { Pass } from "../pass.ts";
import { clampedGate, halvesGate } from "./expert-gates.ts";
import { type ExpertMixtureOptions, expertMixture } from "./expert-mixture.ts";
import { routeTokens } from "./route-tokens.ts";

const [experts, width, inner, perToken] = [5, 4, 3, 2];
const draw = (shape: readonly number[], path: string) => normal(shape, 0, 1, { seed: 3, path });

function slot(path: string, shape: readonly number[]): ParameterSlot {
  const parameter = new ParameterSlot(path, shape, "normal");
  parameter.fill(draw(shape, path));
  return parameter;
}

type LinearlyRouted = ExpertMixtureOptions & { readonly router: { readonly weight: ParameterSlot } };

function options(changes: Partial<LinearlyRouted> = {}): LinearlyRouted {
  return {
    path: "mlp.experts",
    router: { weight: slot("gate", [experts, width]) },
    gateUp: { weight: slot("gate_up", [experts, 2 * inner, width]) },
    down: { weight: slot("down", [experts, width, inner]) },
    gate: halvesGate(activations.silu),
    perToken,
    normTopkProb: true,
    ...changes,
  };
}

const context = inferenceContext(activeAdapters("own"));
const pass = new Pass(context, { positions: [], causal: true, shape: [1, 6] });

/** Every expert computes every token, and a token's shares say what counts. */
function byAllExperts(x: tf.Tensor2D, { router, gateUp, down, gate, normTopkProb }: LinearlyRouted): tf.Tensor {
  const shares = tf.softmax(tf.matMul(x, router.weight.value(context) as tf.Tensor2D, false, true));
  const min = tf.slice(tf.topk(shares, perToken).values, [0, perToken - 1], [-1, 1]);
  const kept = tf.mul(shares, tf.cast(tf.greaterEqual(shares, min), "float32"));
  const weights = normTopkProb ? tf.div(kept, tf.sum(kept, 1, true)) : kept;
  const [first, second] = [gateUp, down].map(({ weight }) => tf.unstack(weight.value(context)) as tf.Tensor2D[]);
  const outputs = (first ?? []).map((matrix, expert) =>
    tf.matMul(gate(tf.matMul(x, matrix, false, true)), second?.[expert] as tf.Tensor2D, false, true),
  );
  return tf.sum(tf.mul(tf.stack(outputs, 1), tf.expandDims(weights, 2)), 1);
}

describe("a mixture of experts", () => {
  it.each([true, false])("equals the sum of all experts, if shares add up: %s", (normTopkProb) => {
    tf.tidy(() => {
      const given = options({ normTopkProb });
      const x = draw([1, 6, width], "x");
      const mixed = expertMixture(given)(x, pass);
      expect(mixed.shape).toEqual([1, 6, width]);
      expectClose(mixed.dataSync(), byAllExperts(tf.reshape(x, [6, width]), given).dataSync(), 1e-5);
    });
  });

  it("passes gradients to its input through experts and router", async () => {
    const mixture = expertMixture(options({ normTopkProb: false }));
    const x = draw([1, 6, width], "x");
    await expectGradients((input) => mixture(input, pass), [x], { step: 1e-3, tolerance: 3e-2 });
  });

  it.each(["router", "gateUp", "down"] as const)("trains its %s where an adapter overrides it", async (name) => {
    const given = options();
    const { weight } = given[name];
    const start = weight.value(context);
    const x = draw([1, 6, width], "x");
    await expectGradients(
      (change) => {
        const [parameter] = weight.parameters();
        const close = parameter!.override("own", (value) => tf.add(value, change));
        const mixed = expertMixture(given)(x, pass);
        close();
        return mixed;
      },
      [tf.zerosLike(start)],
      { step: 1e-3, tolerance: 3e-2 },
    );
  });

  it("keeps nothing", () =>
    expectNoLeak(() => {
      const given = options();
      const x = draw([1, 6, width], "x");
      tf.dispose([x, expertMixture(given)(x, pass)]);
      for (const { weight } of [given.router, given.gateUp, given.down]) weight.dispose();
    }));

  it("adds biases of each expert, and reads matrices stored the other way round", () => {
    tf.tidy(() => {
      const [up, down] = [draw([experts, 2 * inner, width], "up"), draw([experts, width, inner], "down")];
      const bias = slot("bias", [experts, width]);
      const transposed = (name: string, matrices: tf.Tensor) => {
        const parameter = new ParameterSlot(name, [experts, matrices.shape[2] ?? 0, matrices.shape[1] ?? 0], "normal");
        parameter.fill(tf.transpose(matrices, [0, 2, 1]));
        return { weight: parameter, isInOut: true };
      };
      const plain = (name: string, matrices: tf.Tensor) => {
        const parameter = new ParameterSlot(name, matrices.shape, "normal");
        parameter.fill(matrices);
        return { weight: parameter };
      };
      const x = draw([1, 6, width], "x");
      const base = options({ gateUp: plain("a", up), down: plain("b", down) });
      const other = { ...base, gateUp: transposed("c", up), down: { ...transposed("d", down), bias } };
      const difference = tf.sub(expertMixture(other)(x, pass), expertMixture(base)(x, pass));
      // Shares add up to 1: each token gets its experts' biases in those shares.
      const scores = tf.matMul(
        tf.reshape(x, [6, width]),
        base.router.weight.value(context) as tf.Tensor2D,
        false,
        true,
      );
      const { values, indices } = tf.topk(scores, perToken);
      const own = tf.reshape(tf.gather(bias.value(context), tf.reshape(indices, [-1])), [6, perToken, width]);
      const expected = tf.sum(tf.mul(own, tf.expandDims(tf.softmax(values), 2)), 1);
      expectClose(difference.dataSync(), expected.dataSync(), 1e-5);
    });
  });
});

describe("a bounded gate", () => {
  it("reads gate and up alternately, bounds the gate above and up on both sides", () => {
    tf.tidy(() => {
      const gated = clampedGate(2, 1)(tf.tensor2d([[5, 0.5, -3, 4, 0.5, -7]]));
      const glu = (gate: number) => gate / (1 + Math.exp(-2 * gate));
      expectClose(gated.dataSync(), [glu(1) * 1.5, glu(-3) * 2, 0], 1e-6);
    });
  });
});

describe("routes of tokens", () => {
  it("sort the slots by expert and leave out experts without rows", () => {
    const { order, indexOfSlot, groups, experts: chosen } = routeTokens([0, 3, 1, 2, 9, 0, 0, 8], 4, 2);
    expect([...chosen]).toEqual([1, 3, 0, 3]);
    expect([...order]).toEqual([2, 0, 1, 3]);
    expect([...indexOfSlot]).toEqual([1, 2, 0, 3]);
    expect(groups).toEqual([
      { expert: 0, rows: 1 },
      { expert: 1, rows: 1 },
      { expert: 3, rows: 2 },
    ]);
  });

  it("also have an output for scores with NaN", () => {
    expect([...routeTokens([Number.NaN, 1, Number.NaN], 3, 2).experts]).toEqual([1, 0]);
  });
});
