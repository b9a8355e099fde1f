// The inputs of a head loss's kernel other than tensors: a packed head is not a tensor, and is read some classes at a time.

import type * as tf from "@tensorflow/tfjs-core";

/** A matrix [inFeatures, outFeatures] that is packed in a device's memory, where its kernels find it by a number. */
export interface DeviceMatrix {
  readonly weight: number;
  /** Whether M is its transpose. */
  readonly isTransposed: boolean;
}

export interface BorrowedHead {
  readonly classes: number;
  readonly features: number;
  /** Rows [count, features] from the class `first` on, in memory that the next call overwrites. Absent: the head is a tensor. */
  readonly read?: ((first: number, count: number) => Float32Array) | undefined;
  /** The head, if it is packed in a device's memory. */
  readonly packed?: DeviceMatrix | undefined;
  /** The owner of the packed 8-bit logits, if logits are to be in 8 bits. */
  readonly roundedFor?: object | undefined;
}

/** As an attribute of a kernel; TensorFlow.js's types expect plain values. */
export function attributesOfHead(head: BorrowedHead): tf.NamedAttrMap {
  return { head: head as unknown as tf.NamedAttrMap };
}

/** The head in a kernel's attributes. */
export function headIn({ head }: tf.NamedAttrMap): BorrowedHead {
  return head as unknown as BorrowedHead;
}
