// Initializations that measure data, computed from PEFT's batches: the same A and B except for signs, the same rest.

import type { Adapter, LoraConfig } from "@lowrank/adapter-format";
import { loraKeys } from "@lowrank/adapter-format/internal";
import type { ForwardContext } from "@lowrank/contracts";
import { type AdapterHandle, type InjectionPlan, measureGradients, measureInputs } from "@lowrank/inject";
import { createMatrix, type Matrix, multiply, transpose } from "@lowrank/math";
import { type Measured, scaleColumns } from "@lowrank/math/internal";
import type { PretrainedModel } from "@lowrank/models";
import type { Fixture } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { disposeInputs, inputsOf, numbersOf } from "../fixture/parity-case.ts";
import { compare, type ParityCheck, worst } from "../fixture/parity-check.ts";
import type { ParityInputs } from "../parity-model.ts";

/** PEFT's CorDA inverts a matrix in float32: what it takes of a weight is up to 1.3e-5 from what its code takes in float64. */
export const measuredTolerance = 5e-5;

interface Start {
  readonly model: PretrainedModel;
  readonly plan: InjectionPlan;
  readonly needs: keyof Measured;
}

/** What the start needs, measured on the batches that the fixture keeps; undefined if it keeps none. */
export async function measuredAsPeft(
  fixture: Fixture,
  { model, plan, needs }: Start,
): Promise<ReadonlyMap<string, Measured> | undefined> {
  if (!fixture.tensors.has("measured.input_ids")) return undefined;
  const count = fixture.tensor("measured.input_ids").shape[0]!;
  const batches = Array.from({ length: count }, (_, batch) => inputsOf(fixture, { set: "measured", batch }));
  try {
    if (needs === "gradient") {
      const losses = batches.map((inputs) => (context: ForwardContext) => model.loss(inputs, context));
      return await measureGradients(model, plan, losses);
    }
    return await measureInputs(model, plan, {
      run: (context, keepOnly) => {
        for (const inputs of batches)
          tf.tidy(() => {
            keepOnly(lookedAt(inputs, plan.config));
            model.forward(inputs, context);
          });
      },
    });
  } finally {
    batches.forEach(disposeInputs);
  }
}

/** PEFT's CorDA reads every position; its EVA reads positions that are no padding and, by default, have a label. */
function lookedAt({ labels, attentionMask }: ParityInputs, { init, evaConfig }: LoraConfig): tf.Tensor {
  const all = tf.onesLike(labels);
  if (init !== "eva") return all;
  const { use_label_mask: usesLabels = true, label_mask_value: ignored = -100 } = evaConfig ?? {};
  const real = tf.greater(attentionMask ?? all, 0);
  return usesLabels === false ? real : tf.logicalAnd(real, tf.notEqual(labels, Number(ignored)));
}

/** A, B and the remaining weight. */
export async function factorChecks(
  handle: AdapterHandle,
  fresh: Adapter,
  residual: PretrainedModel,
): Promise<readonly ParityCheck[]> {
  const left = new Map(residual.sites().map((site) => [site.path, site]));
  const found = handle.sites.map(async ({ site, lora, scaling }) => {
    const own = { a: await matrixIn(lora.a), b: await matrixIn(lora.b) };
    const theirs = { a: inPairLayout(fresh, loraKeys(site.path).a), b: inPairLayout(fresh, loraKeys(site.path).b) };
    // A's directions are columns, B's are rows.
    const a = withSignsOf(own.a, theirs.a);
    const b = transpose(withSignsOf(transpose(own.b), transpose(theirs.b)));
    const taken = multiply(a, b).values;
    const [weight, expected] = [await weightOf(site), await weightOf(left.get(site.path)!)];
    const actual = weight.map((value, index) => value - scaling * taken[index]!);
    return {
      a: relative("A", a, theirs.a),
      b: relative("B", b, theirs.b),
      weight: compare("residual weight", { actual, expected }, { tolerance: measuredTolerance }),
    };
  });
  const checks = await Promise.all(found);
  return [worst(checks.map(({ a }) => a)), worst(checks.map(({ b }) => b)), worst(checks.map(({ weight }) => weight))];
}

/** A matrix's numbers in float64. */
export async function matrixIn(tensor: tf.Tensor2D): Promise<Matrix> {
  return createMatrix(...tensor.shape, await tensor.data());
}

function relative(what: string, { values: actual }: Matrix, { values: expected }: Matrix): ParityCheck {
  return compare(what, { actual, expected }, { tolerance: 1e-4, isRelative: true });
}

/** A tensor of PEFT's file in our layout: A [inFeatures, rank] and B [rank, outFeatures]. */
function inPairLayout({ tensors }: Adapter, key: string): Matrix {
  const { shape, values } = tensors.get(key)!;
  return transpose(createMatrix(shape[0]!, shape[1]!, values));
}

/** A singular vector is one up to its sign: each column with that of the other's. */
function withSignsOf(matrix: Matrix, other: Matrix): Matrix {
  const products = new Float64Array(matrix.columns);
  matrix.values.forEach((value, index) => {
    products[index % matrix.columns]! += value * other.values[index]!;
  });
  return scaleColumns(
    matrix,
    products.map((product) => (product < 0 ? -1 : 1)),
  );
}

function weightOf(site: { readWeight(): tf.Tensor }): Promise<Float32Array> {
  return numbersOf(() => site.readWeight());
}
