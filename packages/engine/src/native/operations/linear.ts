// A product that starts from its bias: the product adds to what its output already holds, so the bias costs no pass of its own.

import type * as tf from "@tensorflow/tfjs-core";
import { inputOf, type KernelCall, registerOwnKernel, singleOperation } from "../kernels/native-kernel.ts";

export function registerLinear(): void {
  registerOwnKernel("LowrankLinear", linear);
}

/** x [rows, inFeatures], matrix [inFeatures, outFeatures] or, transposed, the other way round, bias [outFeatures]. */
function linear(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const inputs = ["x", "matrix", "bias"].map((name) => inputOf(call, name));
  const isTransposed = attributes.isTransposed === true;
  const shape = [inputs[0]?.shape[0] ?? 0, inputs[2]?.shape[0] ?? 0];
  const session = backend.session(`linear ${isTransposed}`, () =>
    singleOperation("Gemm", ["x", "matrix", "bias"], { transB: isTransposed ? 1 : 0 }),
  );
  const values = backend.pool.take((shape[0] ?? 0) * (shape[1] ?? 0));
  const lent = inputs.map((tensor) => ({ values: backend.floats(tensor), shape: tensor.shape }));
  backend.run(session, lent, [{ values, shape }]);
  return [backend.output(shape, values)];
}
