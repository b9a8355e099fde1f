// BD-LoRA (PEFT's `use_bdlora`): A or B is block diagonal. Source: PEFT 0.21.2, BdLoraLinearVariant and
// BlockDiagonalLinear in tuners/lora/variants.py.

import { blockVerdict, drawsBothMatrices, rankOf } from "@lowrank/adapter-format/internal";
import { listed } from "@lowrank/contracts";
import { createLora } from "@lowrank/math";
import type { FactorSpec } from "@lowrank/math/internal";
import * as tf from "@tensorflow/tfjs-core";
import { unsupportedInitError } from "../../errors/errors.ts";
import type { NewLora, Variant } from "../variant.ts";

export const bdLora: Variant = {
  /**
   * Throws if an initialization makes dense matrices. PEFT accepts it and then replaces the block-diagonal matrix, so the model is no
   * longer unchanged at first. An adapter from a file is already initialized, unless PEFT computes its initialization again.
   */
  check(config, { runsInit }) {
    if (drawsBothMatrices(config) || !runsInit) return;
    const reason = "the initialization makes whole matrices, but the other setting needs blocks";
    throw unsupportedInitError(String(config.init), "use_bdlora", reason);
  },
  refusal(site, config) {
    if (site.kind !== "linear") return "use_bdlora is for linear layers";
    const verdict = blockVerdict(config, site.path);
    if (verdict.kind === "refused") return verdict.reason;
    if (verdict.kind === "whole") return null;
    if (site.fanInFanOut) return "use_bdlora supports torch's Linear, not Conv1D";
    const { matrix, count } = verdict;
    const rank = rankOf(config, site.path);
    const [name, size] = matrix === "a" ? ["inputs", site.inFeatures] : ["outputs", site.outFeatures];
    const problems = [...(rank % count ? [`rank ${rank}`] : []), ...(size % count ? [`${size} ${name}`] : [])];
    return problems.length
      ? `${count} blocks (use_bdlora's nblocks) do not divide its ${problems.join(" or its ")}`
      : null;
  },
  refusalOfParameters: "use_bdlora is for layers",
  /** PEFT gives a B of blocks no bias, and is silent. */
  warnings(config, entries) {
    const hasBlocks = (path: string) => {
      const verdict = blockVerdict(config, path);
      return verdict.kind === "blocks" && verdict.matrix === "b";
    };
    const without = entries.map(({ path }) => path).filter((path) => config.loraBias && hasBlocks(path));
    if (without.length === 0) return [];
    const message = `lora_bias has no effect where use_bdlora makes B of blocks, as in PEFT: ${listed(without)}.`;
    return [{ code: "BIAS_NOT_APPLIED", message }];
  },
  factors(specs, { path }, config) {
    const verdict = blockVerdict(config, path);
    if (verdict.kind !== "blocks") return specs;
    const position = verdict.matrix === "a" ? 0 : specs.length - 1;
    return specs.map((factor, index) => (index === position ? ofBlocks(factor, verdict.count) : factor));
  },
  initialize(layer, makePlain) {
    const { name, factors } = layer;
    if (factors[0]?.expansion !== undefined) return withBlocksInA(layer);
    // "random" draws the same A as "default", and a B that PEFT replaces.
    const isInB = factors.at(-1)?.expansion !== undefined;
    return isInB ? initializeAs(layer, layer.init === "gaussian" ? "gaussian" : "default") : makePlain(name);
  },
};

/** The variable has its share of the rows, and the blocks are side by side. */
function ofBlocks(factor: FactorSpec, count: number): FactorSpec {
  const [rows = 0, columns = 0] = factor.shape;
  const share = rows / count;
  const expansion = { rows, of: (variable: tf.Tensor) => onDiagonal(variable, count) };
  return { ...factor, shape: [share, columns], fileShape: [columns, share], expansion };
}

/** `count` blocks [rows, columns/count], side by side, as a diagonal of blocks [rows · count, columns]. */
function onDiagonal(matrix: tf.Tensor, count: number): tf.Tensor {
  const [rows = 0, columns = 0] = matrix.shape;
  const sideBySide = tf.reshape(matrix, [1, rows, count, columns / count]);
  const identity = tf.reshape(tf.eye(count), [count, 1, count, 1]);
  return tf.reshape(tf.mul(sideBySide, identity), [rows * count, columns]);
}

/**
 * PEFT initializes the block-diagonal matrix again after every initialization: A by Kaiming's rule for ReLU, uniform in
 * ±√(6/(inFeatures/count)), and B zero.
 */
function withBlocksInA(request: NewLora) {
  const lora = initializeAs(request, request.init === "random" ? "random" : "default");
  // Drawn on ±1/√rows.
  tf.tidy(() => lora.a.assign(tf.mul(lora.a, Math.sqrt(6))));
  return lora;
}

function initializeAs({ inFeatures, outFeatures, rank, path, seed, name, factors }: NewLora, init: NewLora["init"]) {
  return createLora({ inFeatures, outFeatures, rank, init, key: { seed, path }, name, factors });
}
