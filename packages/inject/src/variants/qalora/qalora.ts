// QALoRA (Xu et al. 2023, arXiv 2309.14717; PEFT's `use_qalora`): A multiplies the mean of each group of inputs. PEFT supports it
// only for GPTQ layers, whose groups share a scale; here it works for linear layers in any precision. Source: PEFT 0.21.2,
// QALoraLinearVariant in tuners/lora/variants.py.

import { drawsBothMatrices } from "@lowrank/adapter-format/internal";
import { createLora } from "@lowrank/math";
import type { FactorSpec } from "@lowrank/math/internal";
import * as tf from "@tensorflow/tfjs-core";
import { unsupportedInitError } from "../../errors/errors.ts";
import type { Variant } from "../variant.ts";

export const qalora: Variant = {
  /** Throws if the initialization makes a row of A for each input. */
  check(config) {
    if (drawsBothMatrices(config)) return;
    const reason = "the initialization makes a row of A for each input, but the other setting needs one for each group";
    throw unsupportedInitError(String(config.init), "use_qalora", reason);
  },
  refusal({ kind, inFeatures }, { qaloraGroupSize: size }) {
    if (kind !== "linear") return "use_qalora is for linear layers";
    if (inFeatures % size === 0) return null;
    return `groups of ${size} (use_qalora's qalora_group_size) do not divide its ${inFeatures} inputs`;
  },
  refusalOfParameters: "use_qalora is for layers",
  factors: ([a, ...others], _, { qaloraGroupSize }) =>
    a === undefined ? [] : [overGroups(a, qaloraGroupSize), ...others],
  /** PEFT draws A again for each initialization, uniform in ±1/√groups. If the initialization sets B, B is kept. */
  initialize({ inFeatures, outFeatures, rank, factors, name, path, seed, init }) {
    const drawn = init === "random" ? "random" : "default";
    return createLora({ inFeatures, outFeatures, rank, factors, name, key: { seed, path }, init: drawn });
  },
};

/**
 * The variable has one row for each group. PEFT multiplies the mean of a group by the number of groups, so each input has
 * groups/size of the group's row.
 */
function overGroups(factor: FactorSpec, size: number): FactorSpec {
  const [rows = 0, columns = 0] = factor.shape;
  const groups = rows / size;
  const of = (variable: tf.Tensor) => {
    const byGroup = tf.reshape(variable, [groups, 1, columns]);
    return tf.reshape(tf.mul(byGroup, tf.fill([1, size, 1], groups / size)), [rows, columns]);
  };
  return { ...factor, shape: [groups, columns], fileShape: [columns, groups], expansion: { rows, of } };
}
