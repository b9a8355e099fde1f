// Which masks are only a causal order. A kernel that knows it hides keys by their position: it reads no mask, and skips the
// tiles in which every key is hidden.

import type * as tf from "@tensorflow/tfjs-core";

interface CausalOrder {
  readonly queryTime: number;
  readonly keyTime: number;
  readonly window: number;
}

const orderOfMask = new WeakMap<object, CausalOrder>();

/** Records that a mask [1, 1, queryTime, keyTime] hides later keys, and those at a distance of `window` positions or more. */
export function noteCausalOrder<Mask extends tf.Tensor>(mask: Mask, window: number): Mask {
  const [, , queryTime = 1, keyTime = 1] = mask.shape;
  orderOfMask.set(mask.dataId, { queryTime, keyTime, window });
  return mask;
}

/** The window of a mask that is only a causal order, Infinity if it has none; undefined for any other mask. */
export function causalWindowOf({ dataId, shape }: tf.TensorInfo): number | undefined {
  const order = orderOfMask.get(dataId);
  if (order === undefined) return undefined;
  return shape.join() === `1,1,${order.queryTime},${order.keyTime}` ? order.window : undefined;
}
