// Rotary position embedding (Su et al. 2021): pairs of features are rotated by an angle that grows with the position. The
// gradient is rotated back by the same angle, so it needs nothing but the tables.

import * as tf from "@tensorflow/tfjs-core";
import { shapeError } from "../../errors.ts";
import { hasCustomKernel, runCustomKernel, runSingleOutputKernel } from "../../kernels/custom-kernel.ts";
import { withGradients } from "../../tape/with-gradients.ts";

/** How features are rotated. */
export interface RotaryOptions {
  /** cos and sin of each angle, [time, pairs] or [batch, 1, time, pairs]; a head's first 2·pairs features rotate (rotary_pct). */
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
  /** True pairs feature 2i with 2i + 1 (GPT-J); false, the default, pairs i with i + pairs (LLaMA). */
  readonly interleaved?: boolean;
}

/**
 * Rotates each head of x [batch, heads, time, headSize] by its position's angles.
 *
 * Differentiable for x. Throws SHAPE_MISMATCH.
 *
 * @example
 * ```ts
 * import { rotary } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const angle = tf.tensor2d([[0], [Math.PI / 2]]); // [time, pairs]
 * const x = tf.tensor4d([1, 0, 1, 0], [1, 1, 2, 2]);
 * const y = rotary(x, { cos: tf.cos(angle), sin: tf.sin(angle) }); // the second position rotates to [0, 1]
 * ```
 */
export function rotary(x: tf.Tensor, options: RotaryOptions): tf.Tensor {
  const { cos, sin, interleaved = false } = options;
  const dims = 2 * (cos.shape[cos.rank - 1] ?? 0);
  const headSize = x.shape[3] ?? 0;
  if (x.rank !== 4 || dims > headSize) throw shapeError("rotary", x.shape, `4 axes, the last at least ${dims}`);
  if (!tf.util.arraysEqual(cos.shape, sin.shape))
    throw shapeError("rotary's tables", sin.shape, `cos and sin with a last axis of ${dims / 2}`);
  checkPositions(x, cos);
  const rotate = interleaved ? rotateNeighbours : rotateHalves;
  return withGradients({
    inputs: { x },
    forward: () => ({
      value:
        runSingleOutputKernel("LowrankRotary", { x, cos, sin }, { interleaved }) ??
        rotateFirst(x, dims, (part) => rotate(part, cos, sin)),
      saved: [cos, sin],
    }),
    backward: (dy, [cos, sin]) => ({
      x: () =>
        runSingleOutputKernel("LowrankRotary", { x: dy, cos, sin }, { interleaved, isBackward: true }) ??
        rotateFirst(dy, dims, (part) => rotate(part, cos, tf.neg(sin))),
    }),
  });
}

/**
 * `rotary` of queries and keys [tokens, heads, 1, headSize], whose tables [batch or 1, 1, time, pairs] are those of the tokens in
 * turn: batch or 1, times time, divides tokens. Differentiable for both. Throws SHAPE_MISMATCH.
 */
export function tokenRotary(query: tf.Tensor, key: tf.Tensor, options: RotaryOptions): readonly [tf.Tensor, tf.Tensor] {
  const { cos, sin, interleaved = false } = options;
  const pairs = cos.shape[cos.rank - 1] ?? 0;
  const repeats = (query.shape[0] ?? 0) / (cos.size / pairs);
  for (const { rank, shape } of [query, key])
    if (rank !== 4 || shape[0] !== query.shape[0] || shape[2] !== 1 || shape[3] !== query.shape[3])
      throw shapeError("tokenRotary", shape, `[${query.shape[0]}, heads, 1, ${query.shape[3]}]`);
  if (!Number.isInteger(repeats) || 2 * pairs > (query.shape[3] ?? 0) || !tf.util.arraysEqual(cos.shape, sin.shape))
    throw shapeError("tokenRotary's tables", cos.shape, `[batch or 1, 1, time, pairs] for ${query.shape[0]} tokens`);
  const run = (query: tf.Tensor, key: tf.Tensor, [cos, sin]: readonly tf.Tensor[], isBackward: boolean) =>
    runCustomKernel("LowrankTokenRotary", { query, key, cos, sin } as tf.NamedTensorMap, { interleaved, isBackward });
  if (!hasCustomKernel("LowrankTokenRotary", { query, key, cos, sin })) {
    const table = (x: tf.Tensor) => {
      const rows = tf.reshape(x, [-1, 1, 1, pairs]);
      return repeats === 1 ? rows : tf.tile(rows, [repeats, 1, 1, 1]);
    };
    const tables = { cos: table(cos), sin: table(sin), interleaved };
    return [rotary(query, tables), rotary(key, tables)];
  }
  return withGradients<readonly tf.Tensor[], readonly tf.Tensor[]>({
    inputs: { query, key },
    forward: () => ({ value: run(query, key, [cos, sin], false) ?? [], saved: [cos, sin] }),
    backward: ([query, key], tables) => {
      const gradients = run(query as tf.Tensor, key as tf.Tensor, tables, true) ?? [];
      return { query: () => tf.clone(gradients[0] as tf.Tensor), key: () => tf.clone(gradients[1] as tf.Tensor) };
    },
  }) as readonly [tf.Tensor, tf.Tensor]; // the kernel has two outputs
}

/** Throws unless the tables have one row for each position: a kernel that reads past their end would end the process. */
function checkPositions(x: tf.Tensor, { shape }: tf.Tensor): void {
  const [batch = 0, , time = 0] = x.shape;
  const isShared = shape.length === 2 && shape[0] === time;
  const isByItem = shape.length === 4 && (shape[0] === 1 || shape[0] === batch) && shape[1] === 1 && shape[2] === time;
  if (!isShared && !isByItem)
    throw shapeError("rotary's tables", shape, `[${time}, pairs] or [${batch} or 1, 1, ${time}, pairs]`);
}

function rotateFirst(x: tf.Tensor, dims: number, rotate: (part: tf.Tensor) => tf.Tensor): tf.Tensor {
  const headSize = x.shape[3] ?? 0;
  if (dims === headSize) return rotate(x);
  return tf.concat([rotate(features(x, 0, dims)), features(x, dims, headSize - dims)], 3);
}

function rotateHalves(x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  const half = (x.shape[3] ?? 0) / 2;
  return tf.concat(rotatePair(features(x, 0, half), features(x, half, half), cos, sin), 3);
}

function rotateNeighbours(x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  const pairs = (x.shape[3] ?? 0) / 2;
  const paired = tf.reshape(x, [-1, pairs, 2]);
  const member = (index: number) =>
    tf.reshape(tf.slice(paired, [0, 0, index], [-1, -1, 1]), [...x.shape.slice(0, 3), pairs]);
  return tf.reshape(tf.stack(rotatePair(member(0), member(1), cos, sin), 4), x.shape);
}

function features(x: tf.Tensor, start: number, size: number): tf.Tensor {
  return tf.slice(x, [0, 0, 0, start], [-1, -1, -1, size]);
}

function rotatePair(first: tf.Tensor, second: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor[] {
  return [tf.sub(tf.mul(first, cos), tf.mul(second, sin)), tf.add(tf.mul(second, cos), tf.mul(first, sin))];
}
