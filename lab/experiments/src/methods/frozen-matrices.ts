// Low-rank updates with a part that is never trained: LoRA-FA and VeRA.

import type { Site } from "@lowrank/contracts";
import { uniform } from "@lowrank/engine/internal";
import { createMatrix, multiply, transpose } from "@lowrank/math";
import { matrixOfTensor, solveSymmetric, tensorOfMatrix } from "@lowrank/math/internal";
import * as tf from "@tensorflow/tfjs-core";
import { type Role, sitesOf } from "./block-sites.ts";
import type { Method } from "./method.ts";
import { OpenedHookPoints } from "./opened-hook-points.ts";

const adapted: readonly Role[] = ["query", "value"];

/**
 * LoRA-FA (Zhang et al. 2023): A keeps its random values. As in PEFT's optimizer, B's gradient becomes (Aᵀ·A)⁻¹·gradient / s²: with it,
 * a step changes the weight as similarly to a step of full fine-tuning as this A allows.
 */
export const loraFa: Method = {
  name: "lora-fa-r8",
  label: "LoRA-FA, r = 8, query and value",
  group: "low rank",
  learningRate: 8e-3,
  adapt(model, seed) {
    const hookPoints = new OpenedHookPoints(model, seed);
    addLoraFa(hookPoints, 8, (site, rank) => drawnA(site.inFeatures, rank, { seed, path: site.path }));
    hookPoints.trainNewHead();
    return hookPoints;
  },
};

/** `aOf` gives a layer's A [inFeatures, rank], which the hook points then own. α is 16. */
export function addLoraFa(
  hookPoints: OpenedHookPoints,
  rank: number,
  aOf: (site: Site, rank: number) => tf.Tensor2D,
): void {
  const scale = 16 / rank;
  for (const site of adapted.flatMap((role) => sitesOf(hookPoints.model, role))) {
    const { path, inFeatures, outFeatures } = site;
    const a = hookPoints.frozen(aOf(site, rank));
    const b = hookPoints.variable(`${path}.lora_B.weight`, tf.zeros([rank, outFeatures]));
    const inverse = hookPoints.frozen(inverseGram(a, scale));
    hookPoints.attach(site, {
      variables: [b],
      apply: ({ input, output }) =>
        tf.tidy(() => {
          const middle = tf.matMul(tf.reshape<tf.Rank.R2>(input, [-1, inFeatures]), a); // [batch·time, rank]
          const update = tf.matMul(middle, multipliedGradient(b as tf.Tensor2D, inverse));
          return tf.add(output, tf.reshape(tf.mul(update, scale), output.shape));
        }),
    });
  }
}

/** VeRA (Kopiczko et al. 2024): one random A and B for all layers; each layer learns scales of rank and output features. */
export const vera: Method = {
  name: "vera-r256",
  label: "VeRA, r = 256, query and value",
  group: "low rank",
  learningRate: 8e-2,
  adapt(model, seed) {
    const hookPoints = new OpenedHookPoints(model, seed);
    const sites = adapted.flatMap((role) => sitesOf(model, role));
    const widest = (side: "inFeatures" | "outFeatures") => Math.max(...sites.map((site) => site[side]));
    addVera(hookPoints, {
      a: drawnA(widest("inFeatures"), 256, { seed, path: "vera_A" }),
      b: drawnA(256, widest("outFeatures"), { seed, path: "vera_B" }),
    });
    hookPoints.trainNewHead();
    return hookPoints;
  },
};

/** A and B for all layers. Smaller layers use their first rows and columns. */
interface SharedMatrices {
  /** [inFeatures, rank] */
  readonly a: tf.Tensor2D;
  /** [rank, outFeatures] */
  readonly b: tf.Tensor2D;
}

/** The hook points own A and B from then on. */
export function addVera(hookPoints: OpenedHookPoints, { a, b }: SharedMatrices): void {
  const [rank] = b.shape;
  hookPoints.frozen(a);
  hookPoints.frozen(b);
  for (const site of adapted.flatMap((role) => sitesOf(hookPoints.model, role))) {
    const { path, inFeatures, outFeatures } = site;
    const lambdaD = hookPoints.variable(`${path}.vera_lambda_d`, tf.fill([rank], 0.1));
    const lambdaB = hookPoints.variable(`${path}.vera_lambda_b`, tf.zeros([outFeatures]));
    const ownA = hookPoints.frozen(tf.slice(a, [0, 0], [inFeatures, rank]));
    const ownB = hookPoints.frozen(tf.slice(b, [0, 0], [rank, outFeatures]));
    hookPoints.attach(site, {
      variables: [lambdaD, lambdaB],
      apply: ({ input, output }) =>
        tf.tidy(() => {
          const middle = tf.mul(tf.matMul(tf.reshape<tf.Rank.R2>(input, [-1, inFeatures]), ownA), lambdaD);
          const update = tf.mul(tf.matMul(middle as tf.Tensor2D, ownB), lambdaB);
          return tf.add(output, tf.reshape(update, output.shape));
        }),
    });
  }
}

/** As torch's Kaiming draws a matrix that is multiplied from the left by `rows` features. */
function drawnA(rows: number, columns: number, key: { readonly seed: number; readonly path: string }): tf.Tensor2D {
  const bound = 1 / Math.sqrt(rows);
  return uniform([rows, columns], -bound, bound, key) as tf.Tensor2D;
}

/** (Aᵀ·A)⁻¹ / s² for A [inFeatures, rank]: [rank, rank]. */
function inverseGram(a: tf.Tensor2D, scale: number): tf.Tensor2D {
  const values = matrixOfTensor(a);
  const gram = multiply(transpose(values), values);
  const rank = gram.rows;
  const identity = createMatrix(
    rank,
    rank,
    Array.from({ length: rank ** 2 }, (_, index) => Number(index % (rank + 1) === 0)),
  );
  return tf.tidy(() => tf.div<tf.Tensor2D>(tensorOfMatrix(solveSymmetric(gram, identity)), scale ** 2));
}

/** Returns b itself; its gradient is multiplied by `inverse` from the left. */
function multipliedGradient(b: tf.Tensor2D, inverse: tf.Tensor2D): tf.Tensor2D {
  const identity = tf.customGrad((x) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: (gradient: tf.Tensor) => tf.matMul(inverse, gradient as tf.Tensor2D),
  }));
  return identity(b) as tf.Tensor2D;
}
