// Attention in a batch without padding: rows of several lengths, each of which sees itself alone. Rows of equal length are
// computed together.

import * as tf from "@tensorflow/tfjs-core";
import { shapeError } from "../../errors.ts";
import { hasCustomKernel } from "../../kernels/custom-kernel.ts";
import { attributesOf } from "../../kernels/drop-entries.ts";
import type { DropoutDraw } from "../../random/masks/dropout-mask.ts";
import { checkRate } from "../dropout.ts";
import { attention } from "./attention.ts";
import { runAttentionKernel } from "./attention-kernels.ts";
import type { AttentionMask } from "./attention-mask.ts";
import { joinHeads, splitHeads } from "./heads.ts";

/** Neighbouring rows of equal length. */
interface AttentionGroup {
  readonly rows: number;
  /** Tokens of each row. */
  readonly time: number;
  /** Added to the scores: [rows or 1, heads or 1, time or 1, time]. Absent: each token of a row sees all of it. */
  readonly mask?: AttentionMask | undefined;
  /** Dropout of the weights [rows, heads, time, time], as in `dropout`. Absent: none. */
  readonly dropout?: DropoutDraw | undefined;
}

export interface GroupAttentionInputs {
  /** [tokens, …], `heads` heads of the same size for each token. */
  readonly query: tf.Tensor;
  /** [tokens, …], `keyHeads` heads of the queries' size. */
  readonly key: tf.Tensor;
  /** [tokens, …], `keyHeads` heads. */
  readonly value: tf.Tensor;
  readonly heads: number;
  /** Divides `heads`. */
  readonly keyHeads: number;
  /** In the order of the tokens; together they are all of them. */
  readonly groups: readonly AttentionGroup[];
  /** Multiplies the scores, as in `attention`. */
  readonly scale?: number;
  readonly cap?: number;
}

/**
 * As `attention` of each row by itself: [tokens, 1, heads·valueSize]. Differentiable for query, key and value. Throws SHAPE_MISMATCH,
 * and ArgumentError unless each rate is from 0 up to but not 1.
 */
export function groupAttention(inputs: GroupAttentionInputs): tf.Tensor {
  const { query, key, value, groups } = inputs;
  checkSizes(inputs);
  const masks = Object.fromEntries(
    groups.flatMap(({ mask }, index) => (mask === undefined ? [] : [[`mask${index}`, mask]])),
  );
  const areShared = Object.values(masks).every(({ shape }) => shape[0] === 1);
  if ((areShared || hasTokenAttention()) && hasCustomKernel("LowrankGroupAttention", { query, key, value, ...masks }))
    return runAttentionKernel("LowrankGroupAttention", { query, key, value }, masks, attributesFor(inputs));
  return tf.tidy(() => attentionByGroup(inputs));
}

/**
 * Whether the current backend attends to tokens, whose heads are next to each other, as fast as to heads [batch, heads, time, …]
 * and under any mask: a batch is then one group, and no heads are moved.
 */
export function hasTokenAttention(): boolean {
  return hasCustomKernel("LowrankTokenRotary", {});
}

/** The attributes of the backend's kernel, which computes all groups in one call. */
function attributesFor({ query, heads, keyHeads, groups, scale, cap = 0 }: GroupAttentionInputs): tf.NamedAttrMap {
  const draws = groups.map(({ dropout }) => (dropout === undefined ? { rate: 0 } : attributesOf(dropout)));
  const sizes = groups.flatMap(({ rows, time }) => [rows, time]);
  const scoreScale = scale ?? 1 / Math.sqrt(query.size / (query.shape[0] ?? 1) / heads);
  return { heads, keyHeads, scale: scoreScale, cap, groups: sizes, draws };
}

function attentionByGroup({ query, key, value, heads, keyHeads, groups, scale, cap }: GroupAttentionInputs): tf.Tensor {
  const sizes = groups.map(({ rows, time }) => rows * time);
  const split = (tokens: tf.Tensor) => (sizes.length === 1 ? [tokens] : tf.split(tokens, sizes, 0));
  const parts = { query: split(query), key: split(key), value: split(value) };
  const outputs = groups.map(({ rows, time, mask, dropout }, index) => {
    const headsOf = (name: keyof typeof parts, count: number) => {
      // One part for each size.
      const part = parts[name][index] as tf.Tensor;
      return splitHeads(tf.reshape(part, [rows, time, part.size / (rows * time)]), count); // [rows, heads, time, size]
    };
    const mixed = attention({
      query: headsOf("query", heads),
      key: headsOf("key", keyHeads),
      value: headsOf("value", keyHeads),
      dropout,
      ...(mask === undefined ? {} : { mask }),
      ...(scale === undefined ? {} : { scale }),
      ...(cap === undefined ? {} : { cap }),
    });
    const joined = joinHeads(mixed);
    return tf.reshape(joined, [rows * time, 1, joined.shape[2] ?? 1]);
  });
  return tf.concat(outputs, 0);
}

function checkSizes({ query, key, value, heads, keyHeads, groups }: GroupAttentionInputs): void {
  const tokens = groups.reduce((sum, { rows, time }) => sum + rows * time, 0);
  const check = (name: string, { shape, size }: tf.Tensor, count: number) => {
    const fits = shape[0] === tokens && size > 0 && (size / tokens) % count === 0;
    if (!fits) throw shapeError(`groupAttention's ${name}`, shape, `[${tokens}, a multiple of ${count}]`);
  };
  check("query", query, heads);
  check("key", key, keyHeads);
  check("value", value, keyHeads);
  if (heads % keyHeads !== 0 || query.size / heads !== key.size / keyHeads)
    throw shapeError("groupAttention's key", key.shape, `${keyHeads} heads of ${query.size / tokens / heads}`);
  for (const { rows, time, mask, dropout } of groups) {
    if (dropout !== undefined) checkRate("groupAttention", dropout.rate);
    const [one, maskHeads, queries, keys] = mask?.shape ?? [1, 1, time, time];
    const hasQueries = queries === 1 || queries === time;
    const fits = (one === 1 || one === rows) && (maskHeads === 1 || maskHeads === heads) && hasQueries && keys === time;
    const expected = `[${rows} or 1, ${heads} or 1, ${time} or 1, ${time}]`;
    if (!fits) throw shapeError("groupAttention's mask", mask?.shape ?? [], expected);
  }
}
