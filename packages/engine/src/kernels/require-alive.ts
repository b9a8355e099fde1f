// A disposed tensor keeps its shape, so it passes every check of shapes, and a kernel's own error would be about its
// internals.

import type * as tf from "@tensorflow/tfjs-core";
import { disposedError } from "../errors.ts";

/** Throws DISPOSED if one of an operation's tensors was disposed of. */
export function requireAlive(tensors: Readonly<Record<string, tf.Tensor | undefined>>): void {
  for (const name in tensors)
    if (tensors[name]?.isDisposed === true) throw disposedError(`The tensor "${name}" of an operation`);
}
