// The linear layers of GPT-2's blocks, one after another, as an ONNX model of random weights: what a branch next to each costs is
// most there, where nothing else is computed. Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

import { protobufField as field } from "@lowrank/contracts/internal";

/** Sizes of the stack. */
export interface StackSizes {
  readonly blocks: number;
  readonly width: number;
  readonly inner: number;
}

/** One map: x [tokens, inFeatures] times a matrix [inFeatures, outFeatures]. */
interface StackedMap {
  readonly path: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
}

/** The maps in their order, by module paths. */
export function stackedMaps({ blocks, width, inner }: StackSizes): readonly StackedMap[] {
  const sizes = [
    ["attn.q_proj", width, width],
    ["attn.o_proj", width, width],
    ["mlp.up_proj", width, inner],
    ["mlp.down_proj", inner, width],
  ] as const;
  return Array.from({ length: blocks }, (_, block) =>
    sizes.map(([name, inFeatures, outFeatures]) => ({ path: `layers.${block}.${name}`, inFeatures, outFeatures })),
  ).flat();
}

/** The model's bytes: an input "x" [tokens, width], an output "y" of that shape. */
export function linearStack(sizes: StackSizes): Uint8Array {
  const maps = stackedMaps(sizes);
  const nodes = maps.map(({ path }, index) => {
    const [from, to] = [index === 0 ? "x" : `x${index}`, index === maps.length - 1 ? "y" : `x${index + 1}`];
    const names = [field(1, from), field(1, `${path}.weight`), field(2, to)];
    return field(1, joined(...names, field(3, `/${path.replaceAll("./", "/")}/MatMul`), field(4, "MatMul")));
  });
  const weights = maps.map(({ path, inFeatures, outFeatures }) => {
    const values = Float32Array.from({ length: inFeatures * outFeatures }, () => (Math.random() - 0.5) / 16);
    const shape = joined(field(1, inFeatures), field(1, outFeatures));
    return field(5, joined(shape, field(2, 1), field(8, `${path}.weight`), field(9, new Uint8Array(values.buffer))));
  });
  const graph = joined(
    ...nodes,
    field(2, "stack"),
    ...weights,
    field(11, value("x", sizes)),
    field(12, value("y", sizes)),
  );
  return joined(field(1, 8), field(7, graph), field(8, joined(field(1, ""), field(2, 17))));
}

/** A float32 matrix of any number of rows. */
function value(name: string, { width }: StackSizes): Uint8Array {
  const shape = joined(field(1, field(2, "tokens")), field(1, field(1, width)));
  return joined(field(1, name), field(2, field(1, joined(field(1, 1), field(2, shape)))));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
