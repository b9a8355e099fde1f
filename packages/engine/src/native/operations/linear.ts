// A product that adds to what its output already holds: a bias, or the gradient that other layers have given. So neither
// costs a pass of its own.

import type * as tf from "@tensorflow/tfjs-core";
import { inputOf, type KernelCall, registerOwnKernel, singleOperation } from "../kernels/native-kernel.ts";

export function registerLinear(): void {
  registerOwnKernel("LowrankLinear", linear);
}

/**
 * x [rows, inFeatures], matrix [inFeatures, outFeatures] or, transposed, the other way round, term [outFeatures] or of as many
 * entries as the product → [rows, outFeatures], in the memory of a term that is no bias if nobody else can see that.
 */
function linear(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const [x, matrix, term] = ["x", "matrix", "term"].map((name) => inputOf(call, name)) as [
    tf.TensorInfo,
    tf.TensorInfo,
    tf.TensorInfo,
  ];
  const isTransposed = attributes.isTransposed === true;
  const shape = [x.shape[0] ?? 0, matrix.shape[isTransposed ? 0 : 1] ?? 0];
  const session = backend.session(`linear ${isTransposed}`, () =>
    singleOperation("Gemm", ["x", "matrix", "term"], { transB: isTransposed ? 1 : 0 }),
  );
  const size = (shape[0] ?? 0) * (shape[1] ?? 0);
  const isBias = term.shape.length === 1; // its owner keeps it, though a product of one row is as long
  const added = { values: backend.floats(term), shape: isBias ? term.shape : shape };
  const output = (isBias ? undefined : backend.reuse(term, size)) ?? backend.output(shape, backend.pool.take(size));
  const inputs = [x, matrix].map((tensor) => ({ values: backend.floats(tensor), shape: tensor.shape }));
  backend.run(session, [...inputs, added], [{ values: backend.floats(output), shape }]);
  return [{ ...output, shape }];
}
