// A pass for the ONNX graph, in which every size and position may vary. It computes from its inputs what other passes have as numbers.

import { inferenceContext } from "@lowrank/contracts";
import { type AttentionMask, combineMasks, maskedScore, paddingMask } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { PositionRules } from "../parts/backbone/stages.ts";
import type { KeyValueCache } from "../parts/cache/key-value-cache.ts";
import { Pass, type RotaryTables } from "../parts/pass.ts";
import { type Alibi, alibiBiases } from "../parts/positions/alibi.ts";
import type { RotaryFrequencies } from "../parts/positions/rotary-frequencies.ts";
import { remembered } from "../parts/remembered.ts";

export interface RecordedInputs {
  /** int32 [batch, time] */
  readonly inputIds: tf.Tensor2D;
  /** int32 [batch, past + time] */
  readonly attentionMask: tf.Tensor2D;
  readonly tokenTypeIds?: tf.Tensor2D;
  readonly causal: boolean;
  readonly cache?: KeyValueCache;
}

export class RecordedPass extends Pass {
  readonly #made = new Map<string, object>();
  readonly #attentionMask: tf.Tensor2D;

  constructor(
    inputs: RecordedInputs,
    private readonly rules: PositionRules & { readonly farthest: number },
  ) {
    super(inferenceContext(), { ...inputs, positions: [] });
    this.#attentionMask = inputs.attentionMask;
  }

  override get hasKnownPositions(): boolean {
    return false;
  }

  override positionIds(): tf.Tensor2D {
    const { positionsFrom = "columns" } = this.rules;
    const [batch, time] = this.shape;
    if (typeof positionsFrom === "object") return countedIds(this.inputIds, positionsFrom.padding);
    // Generation counts the tokens that the mask shows, as in transformers; other tasks count columns.
    if (this.cache === undefined && positionsFrom === "columns")
      return tf.add<tf.Tensor2D>(tf.zerosLike(this.inputIds), tf.range(0, time, 1, "int32"));
    const shown = tf.slice(this.#shownBefore(positionsFrom === "mask"), [0, this.past], [batch, time]);
    return positionsFrom === "mask" ? shown : tf.maximum(shown, tf.scalar(0, "int32"));
  }

  override byPosition(of: (position: number) => Float32Array, width: number): tf.Tensor {
    const rows = Array.from({ length: this.rules.farthest }, (_, position) => [...of(position)]);
    return tf.gather(tf.tensor2d(rows, [rows.length, width]), this.positionIds());
  }

  override byDistance(of: (distance: number) => number): tf.Tensor2D {
    const { farthest } = this.rules;
    const table = tf.tensor1d(
      Array.from({ length: 2 * farthest + 1 }, (_, index) => of(index - farthest)),
      "int32",
    );
    const { query, key } = this.#queryAndKey();
    const distances = tf.add(tf.sub(key, query), tf.scalar(farthest, "int32"));
    const clamped = tf.minimum(tf.maximum(distances, tf.scalar(0, "int32")), tf.scalar(2 * farthest, "int32"));
    return tf.gather<tf.Tensor>(table, clamped) as tf.Tensor2D;
  }

  override mask(window = Number.POSITIVE_INFINITY): AttentionMask {
    return this.once(this.#keyOf(`mask ${window}`), () => this.#makeMask(window));
  }

  override slopedMask(slopes: Alibi): AttentionMask {
    return this.once(slopes, () => {
      const shown = tf.maximum(this.#shownBefore(true), tf.scalar(0, "int32"));
      const heads = slopes.slopes.length;
      const positions = Array.from({ length: slopes.inBfloat16 ? this.rules.farthest : 0 }, (_, position) => position);
      const biases = slopes.inBfloat16 // each is rounded, so that they are no multiples
        ? tf.transpose(
            tf.gather(tf.tensor(alibiBiases(slopes, positions), [heads, positions.length]), shown, 1),
            [1, 0, 2],
          )
        : tf.mul(tf.tensor(alibiBiases(slopes, [1]), [1, heads, 1]), tf.expandDims(tf.cast(shown, "float32"), 1));
      return tf.add(tf.expandDims(biases, 2), this.mask());
    });
  }

  override rotary(frequencies: RotaryFrequencies): RotaryTables {
    const [batch, time] = this.shape;
    const tables = (name: "cos" | "sin", compute: (angles: tf.Tensor) => tf.Tensor) =>
      this.once(this.#keyOf(`${name} ${frequencies.magnitude} ${frequencies.pairs}`), () => {
        const positions = this.positionIds();
        const { pairs, long, magnitude } = frequencies;
        const from = tf.scalar(long?.from ?? 0, "int32");
        const isLong = long && tf.greaterEqual(tf.max(positions), from);
        const speeds = isLong ? tf.where(isLong, tf.tensor1d(long.pairs), tf.tensor1d(pairs)) : tf.tensor1d(pairs);
        const angles = tf.mul(tf.reshape(tf.cast(positions, "float32"), [batch, 1, time, 1]), speeds);
        return magnitude === 1 ? compute(angles) : tf.mul(compute(angles), magnitude);
      });
    return { cos: tables("cos", tf.cos), sin: tables("sin", tf.sin) };
  }

  #keyOf(name: string): object {
    return remembered(this.#made, name, () => ({}));
  }

  /** How many tokens the mask shows up to each key, itself not counted: int32 [batch, keyTime]; padding −1 if `isMasked`. */
  #shownBefore(isMasked: boolean): tf.Tensor2D {
    const counts = tf.cumsum(this.#attentionMask, 1);
    return tf.sub(isMasked ? tf.mul(counts, this.#attentionMask) : counts, tf.scalar(1, "int32")) as tf.Tensor2D;
  }

  #queryAndKey() {
    const [, time] = this.shape;
    const [, keyTime] = this.#attentionMask.shape;
    return {
      query: tf.reshape(tf.range(this.past, this.past + time, 1, "int32"), [time, 1]),
      key: tf.reshape(tf.range(0, keyTime, 1, "int32"), [1, keyTime]),
    };
  }

  override order(window = Number.POSITIVE_INFINITY): AttentionMask {
    const { query, key } = this.#queryAndKey();
    const isLater = tf.greater(key, query);
    return asMask(Number.isFinite(window) ? tf.logicalOr(isLater, isFar(query, key, window)) : isLater);
  }

  #makeMask(window: number): AttentionMask {
    const padding = paddingMask(this.#attentionMask); // [batch, 1, 1, keyTime]
    if (this.inputs.causal) return combineMasks(this.order(window), padding);
    if (!Number.isFinite(window)) return padding;
    const { query, key } = this.#queryAndKey();
    return combineMasks(asMask(tf.logicalOr(isFar(query, key, window), isFar(key, query, window))), padding);
  }
}

/** 1 where `from` is at least `window` positions after `to`. */
function isFar(from: tf.Tensor, to: tf.Tensor, window: number): tf.Tensor {
  return tf.greaterEqual(tf.sub(from, to), tf.scalar(window, "int32"));
}

/** [query, key] → [1, 1, query, key] */
function asMask(isHidden: tf.Tensor): AttentionMask {
  return tf.expandDims(tf.expandDims(tf.mul(tf.cast(isHidden, "float32"), maskedScore), 0), 0);
}

/** Padding has the padding id itself; every other token counts upwards from it. */
function countedIds(ids: tf.Tensor2D, padding: number): tf.Tensor2D {
  const pad = tf.scalar(padding, "int32");
  const isText = tf.cast(tf.notEqual(ids, pad), "int32");
  return tf.add(tf.mul(tf.cumsum(isText, 1), isText), pad) as tf.Tensor2D;
}
