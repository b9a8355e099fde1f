// Makes nanogpt run on tfjs-backend-wasm, and its products as fast as that backend can make them.

import type * as Tf from "@tensorflow/tfjs-core";

export interface WasmModule {
  setWasmPaths(folder: string): void;
}

/** Kernels of the cpu backend that nanogpt did not bring: the wasm backend lacks them too, and they would not run there. */
const notItsOwn = new Set([
  "Complex",
  "ComplexAbs",
  "Conv2DBackpropFilter",
  "DepthwiseConv2dNativeBackpropFilter",
  "DepthwiseConv2dNativeBackpropInput",
  "Draw",
  "Einsum",
  "FFT",
  "IFFT",
  "Imag",
  "Real",
  "RaggedGather",
  "RaggedRange",
  "RaggedTensorToTensor",
  "StaticRegexReplace",
  "UnsortedSegmentSum",
]);

/** Sets the backend up and makes it the current one. `folder` holds its .wasm files and ends with a slash. */
export async function mendWasm(tf: typeof Tf, wasm: WasmModule, folder: string): Promise<void> {
  tf.env().set("USE_SETTIMEOUTCUSTOM", false);
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  wasm.setWasmPaths(folder);
  copyItsKernels(tf);
  patchMatMul(tf);
  await tf.setBackend("wasm");
  await tf.ready();
}

/** Its own kernels are registered for cpu, in terms of operations, so they run anywhere. */
function copyItsKernels(tf: typeof Tf): void {
  const present = new Set(tf.getKernelsForBackend("wasm").map(({ kernelName }) => kernelName));
  for (const kernel of tf.getKernelsForBackend("cpu")) {
    if (present.has(kernel.kernelName) || notItsOwn.has(kernel.kernelName)) continue;
    tf.registerKernel({ ...kernel, backendName: "wasm" });
  }
}

/** Products of transposed matrices are 13 times slower there than a transposition followed by a plain product. */
function patchMatMul(tf: typeof Tf): void {
  const product = tf.getKernel("BatchMatMul", "wasm");
  const transpose = tf.getKernel("Transpose", "wasm");
  tf.unregisterKernel("BatchMatMul", "wasm");
  tf.registerKernel({
    ...product,
    kernelFunc(call) {
      const { attrs, backend, inputs } = call;
      const made: Tf.TensorInfo[] = [];
      const transposed = (x: Tf.TensorInfo): Tf.TensorInfo => {
        const axes = x.shape.map((_, axis) => axis);
        const perm = [...axes.slice(0, -2), axes.length - 1, axes.length - 2];
        const result = transpose.kernelFunc({ inputs: { x }, backend, attrs: { perm } });
        if (Array.isArray(result)) throw new Error("Transpose gave several tensors");
        made.push(result);
        return result;
      };
      const { a, b } = inputs;
      if (a === undefined || b === undefined) throw new Error("BatchMatMul without operands");
      const operands = { a: attrs?.transposeA ? transposed(a) : a, b: attrs?.transposeB ? transposed(b) : b };
      const plain = { ...attrs, transposeA: false, transposeB: false };
      const result = product.kernelFunc({ ...call, inputs: operands, attrs: plain });
      // The engine counts memory by what kernels return; these never left the kernel.
      for (const { dataId } of made) disposeOf(backend, dataId);
      return result;
    },
  });
}

/** The backend's type is opaque to kernels; every backend has this method. */
function disposeOf(backend: object, dataId: object): void {
  (backend as { disposeData(id: object): boolean }).disposeData(dataId);
}
