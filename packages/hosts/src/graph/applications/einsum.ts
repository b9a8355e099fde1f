// Recognizes an einsum with a constant: a product over the axes that both operands have and the result does not.

import * as tf from "@tensorflow/tfjs-core";
import type { GraphNode } from "../reading/graph.ts";
import { type Application, type Constants, type Refusal, refusal } from "./application.ts";

/** Einsum of two operands, one of them a constant. */
export function recognizeEinsum(node: GraphNode, constants: Constants): Application | Refusal | undefined {
  const found = node.inputs.map((reference) => constants.find(reference));
  const position = found[1] === undefined ? 0 : 1;
  const [constant, input] = [found[position], node.inputs[1 - position]];
  if (constant === undefined || input === undefined || found[1 - position] !== undefined) return undefined;
  const { name: weight, shape } = constant;
  const equation = node.attributes.text("equation", "");
  const parsed = /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$/.exec(equation.replaceAll(" ", ""));
  if (parsed === null) return refusal(node, weight, `its equation "${equation}" is not a single product`);
  const [, first = "", second = "", result = ""] = parsed;
  const [ofInput, ofWeight] = position === 1 ? [first, second] : [second, first];
  const contracted = [...ofWeight].filter((axis) => ofInput.includes(axis) && !result.includes(axis));
  const outputAxes = [...ofWeight].filter((axis) => !ofInput.includes(axis));
  const free = [...ofInput].filter((axis) => !contracted.includes(axis));
  const isProduct =
    contracted.length > 0 &&
    contracted.length + outputAxes.length === ofWeight.length &&
    free.length + outputAxes.length === result.length &&
    [...result].every((axis) => free.includes(axis) || outputAxes.includes(axis)) &&
    [ofInput, ofWeight, result].every((axes) => new Set(axes).size === axes.length);
  if (!isProduct) return refusal(node, weight, `its equation "${equation}" is not a product with a single matrix`);
  const sizeOf = (axis: string) => shape[ofWeight.indexOf(axis)] ?? 0;
  const count = (axes: readonly string[]) => axes.reduce((product, axis) => product * sizeOf(axis), 1);
  const productAxes = [...free, ...outputAxes];
  return {
    node: node.name,
    weight,
    input,
    shape: {
      kind: "linear",
      inFeatures: count(contracted),
      outFeatures: count(outputAxes),
      isTransposed: false,
      axes: [...contracted, ...outputAxes].map((axis) => ofWeight.indexOf(axis)),
    },
    toSiteInput: (x) => {
      const ordered = [...free, ...contracted].map((axis) => ofInput.indexOf(axis));
      const sizes = free.map((axis) => x.shape[ofInput.indexOf(axis)] ?? 0);
      return tf.reshape(tf.transpose(x, ordered), [...sizes, count(contracted)]);
    },
    toSiteOutput: (output) => {
      const ordered = tf.transpose(
        output,
        productAxes.map((axis) => result.indexOf(axis)),
      );
      return tf.reshape(ordered, [...ordered.shape.slice(0, free.length), count(outputAxes)]);
    },
    fromSiteOutput: (output) => {
      const whole = tf.reshape(output, [...output.shape.slice(0, -1), ...outputAxes.map(sizeOf)]);
      return tf.transpose(
        whole,
        [...result].map((axis) => productAxes.indexOf(axis)),
      );
    },
  };
}
