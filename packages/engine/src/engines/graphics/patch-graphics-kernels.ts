// Kernels that training needs and that tfjs-backend-webgl or tfjs-backend-webgpu compute wrongly. WebGPU reports a refused
// shader only on the console: the result then holds whatever was in that memory before.

import * as tf from "@tensorflow/tfjs-core";
import { booleanOf, numberOf, numbersOf } from "../../gradients/attributes.ts";
import { productOfEmpty, segmentsOfEmpty, sumOfEmpty } from "../../kernels/empty-sums.ts";
import { inputOf, runKernel, siblingOf, type Wrap, wrapKernels } from "../../kernels/wrap-kernels.ts";
import { sizeOf } from "../../rows.ts";

const emptyInputs = {
  Sum: sumOfEmpty,
  BatchMatMul: productOfEmpty,
  UnsortedSegmentSum: segmentsOfEmpty,
};

const wrappers: Readonly<Record<"webgl" | "webgpu", Readonly<Record<string, Wrap>>>> = {
  webgl: emptyInputs,
  webgpu: { ...emptyInputs, AddN: addByParts, Cast: convertingCast, Cumsum: reversedCumsum, Tile: tileByAxis },
};

/**
 * Patches a graphics backend that has been imported; calling it twice does nothing more.
 *
 * `chooseEngine` does this. Call it yourself if you import the backend yourself.
 *
 * @example
 * ```ts
 * import { patchGraphicsKernels } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-webgl";
 *
 * patchGraphicsKernels("webgl");
 * ```
 */
export function patchGraphicsKernels(backend: "webgl" | "webgpu"): void {
  wrapKernels(backend, wrappers[backend]);
}

// Sums of many tensors. tfjs-backend-webgpu binds them all to one shader, which may have eight buffers, one of them the
// output's; with more the shader is refused. A loss that is computed in more than seven chunks is such a sum.

const maxTerms = 7;

/** Wraps the backend's own kernel, which adds up to seven tensors; more are added one after the other. */
function addByParts(original: tf.KernelConfig): tf.KernelConfig {
  return {
    ...original,
    kernelFunc: (call) => {
      const terms = Object.values(call.inputs).filter((term) => term !== undefined);
      const [first, second, ...others] = terms;
      if (terms.length <= maxTerms || first === undefined || second === undefined) return original.kernelFunc(call);
      const add = (a: tf.TensorInfo, b: tf.TensorInfo) =>
        runKernel(siblingOf(original, "Add"), { a, b }, {}, call.backend);
      return others.reduce(
        (sum, term) => {
          const next = add(sum, term);
          tf.backend().disposeData(sum.dataId);
          return next;
        },
        add(first, second),
      );
    },
  };
}

// Casts integers and booleans to float32. tfjs-backend-webgpu only changes the type's name; the buffer still contains integers. A
// shader that copies its input unchanged (Transpose, and so every reduction along an axis other than the last) is then refused,
// because its output has another type than its input.

/** Wraps the backend's own kernel, which makes integers of float32. */
function convertingCast(original: tf.KernelConfig): tf.KernelConfig {
  return {
    ...original,
    kernelFunc: (call) => {
      const { dataId, shape, dtype } = inputOf(call.inputs, "x");
      const isOnlyRenamed = call.attrs?.dtype === "float32" && (dtype === "int32" || dtype === "bool");
      if (!isOnlyRenamed) return original.kernelFunc(call);
      const one = tf.scalar(1);
      // A product reads each factor by the type of its buffer and writes float32.
      const a: tf.TensorInfo = { dataId, shape, dtype: "float32" };
      const converted = runKernel(siblingOf(original, "Multiply"), { a, b: one }, {}, call.backend);
      one.dispose();
      return converted;
    },
  };
}

// Cumulative sums from the end. tfjs-backend-webgpu writes the length of the axis into that shader but reuses the shader for every
// length, so a second length is summed like the first. Sums from the beginning do not need the length.

/** Wraps the backend's own kernel, which sums from the first entry, and reverses the axis before and after. */
function reversedCumsum(original: tf.KernelConfig): tf.KernelConfig {
  return {
    ...original,
    kernelFunc: (call) => {
      const { inputs, attrs = {}, backend } = call;
      if (!booleanOf(attrs, "reverse")) return original.kernelFunc(call);
      const dims = tf.util.parseAxisParam(numberOf(attrs, "axis"), inputOf(inputs, "x").shape);
      const reverseOf = (x: tf.TensorInfo) => runKernel(siblingOf(original, "Reverse"), { x }, { dims }, backend);
      const reversed = reverseOf(inputOf(inputs, "x"));
      const summed = runKernel(original, { x: reversed }, { ...attrs, reverse: false }, backend);
      const result = reverseOf(summed);
      for (const { dataId } of [reversed, summed]) tf.backend().disposeData(dataId);
      return result;
    },
  };
}

// Repeats of a tensor of five or more axes. tfjs-backend-webgpu reads such a tensor back and repeats it on the CPU, which stalls the GPU in a
// page and is impossible in Node. Each axis is repeated by itself, as the second axis of a matrix.

/** Wraps the backend's own kernel, which has a shader for up to four axes. */
function tileByAxis(original: tf.KernelConfig): tf.KernelConfig {
  return {
    ...original,
    kernelFunc: (call) => {
      const { inputs, attrs = {}, backend } = call;
      const x = inputOf(inputs, "x");
      const counts = numbersOf(attrs, "reps");
      const axes = [...counts.keys()].filter((axis) => counts[axis] !== 1);
      if (x.shape.length < 5 || x.dtype === "string" || axes.length === 0) return original.kernelFunc(call);
      return axes.reduce<tf.TensorInfo>((soFar, axis) => {
        const { shape, dataId, dtype } = soFar;
        const matrix = { dataId, dtype, shape: [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))] };
        const tiled = runKernel(original, { x: matrix }, { reps: [1, counts[axis] ?? 1] }, backend);
        if (soFar !== x) tf.backend().disposeData(soFar.dataId);
        return { ...tiled, shape: shape.map((size, at) => (at === axis ? size * (counts[axis] ?? 1) : size)) };
      }, x);
    },
  };
}
