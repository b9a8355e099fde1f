// The linear maps of GPT-2's blocks, one after another, as an ONNX model of random weights: what a branch beside each costs is
// most there, where nothing else is computed. Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

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
    const names = [text(1, from), text(1, `${path}.weight`), text(2, to)];
    return bytes(1, joined(...names, text(3, `/${path.replaceAll(".", "/")}/MatMul`), text(4, "MatMul")));
  });
  const weights = maps.map(({ path, inFeatures, outFeatures }) => {
    const values = Float32Array.from({ length: inFeatures * outFeatures }, () => (Math.random() - 0.5) / 16);
    const shape = joined(whole(1, inFeatures), whole(1, outFeatures));
    return bytes(5, joined(shape, whole(2, 1), text(8, `${path}.weight`), bytes(9, new Uint8Array(values.buffer))));
  });
  const graph = joined(
    ...nodes,
    text(2, "stack"),
    ...weights,
    bytes(11, value("x", sizes)),
    bytes(12, value("y", sizes)),
  );
  return joined(whole(1, 8), bytes(7, graph), bytes(8, joined(text(1, ""), whole(2, 17))));
}

/** A float32 matrix of any number of rows. */
function value(name: string, { width }: StackSizes): Uint8Array {
  const shape = joined(bytes(1, text(2, "tokens")), bytes(1, whole(1, width)));
  return joined(text(1, name), bytes(2, bytes(1, joined(whole(1, 1), bytes(2, shape)))));
}

function varint(number: number): Uint8Array {
  const digits: number[] = [];
  for (let left = number; ; left = Math.floor(left / 128)) {
    if (left < 128) return Uint8Array.from([...digits, left]);
    digits.push((left % 128) + 128);
  }
}

function whole(field: number, number: number): Uint8Array {
  return joined(varint(field * 8), varint(number));
}

function bytes(field: number, content: Uint8Array): Uint8Array {
  return joined(varint(field * 8 + 2), varint(content.length), content);
}

function text(field: number, content: string): Uint8Array {
  return bytes(field, new TextEncoder().encode(content));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
