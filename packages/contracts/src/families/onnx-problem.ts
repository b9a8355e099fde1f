// Which families can be written as ONNX models.

import type { Family } from "./family.ts";
import type { Task } from "./task.ts";

/** Tasks of models that do not read text alone, or read it with two stacks. */
const otherInputs: readonly Task[] = [
  "sequence-to-sequence",
  "image-classification",
  "image-embedding",
  "text-embedding",
];

/** Why no model of the family can be written as an ONNX model; undefined if those for texts can. */
export function onnxProblem({ architectures, linears, tensors = [], towers, config }: Family): string | undefined {
  const paths = [...linears, ...tensors].map(({ path }) => path);
  const isPlain = towers === undefined && config.sizes.imageSize === undefined;
  if (!isPlain || [...architectures.values()].some((task) => otherInputs.includes(task)))
    return "it is no plain encoder or decoder of texts";
  if (paths.some((path) => path.includes("altup"))) return "it has several residual streams";
  if (paths.some((path) => path.includes("experts"))) return "its router reads scores while it computes";
  if (paths.some((path) => /linear_attn|mamba\.|conv\./.test(path)))
    return "it has layers that remember texts without attention";
  return undefined;
}
