// Frozen products of one x, each with its LoRA branch: x·A of all in one dispatch, then two or more products in each. The
// gradients of all x·A are one dispatch again; then there is one for each product, with the gradients of A, B and x. None needs
// more than 8 storage buffers, which every device has.

import type * as tf from "@tensorflow/tfjs-core";
import { computeDeferred, computeWith, defer, deferredFor, isAlone, type RowSource } from "../deferred.ts";
import {
  adaptedProduct,
  type BranchedProduct,
  gradientOfA,
  gradientOfB,
  gradientOfProjection,
  gradientOfX,
  partsOf,
  projection,
} from "./branched-products.ts";
import { type GpuKernel, type GpuKernelCall, inputOf } from "./gpu-kernel.ts";
import { byName, type MatrixProduct, multiplyMatrices } from "./matrix-products.ts";

/**
 * x, and matrix0, a0, b0, and a bias term0 or none, matrix1 … → x·matrix0 + term0 + scale·(x·a0)·b0, …, and what the gradient
 * needs: scale·x·a0, … with room for the gradient of each, [rows, 2·all ranks]. The attribute `weights` has the numbers of packed
 * matrices by their names.
 */
export const adaptedLinear: GpuKernel = (call) => {
  const parts = partsOf(call);
  const { products, shared, sizes } = parts;
  const limit = call.backend.device.limits.maxStorageBuffersPerShaderStage;
  const branches = call.backend.makeTensorInfo([sizes.rows, sizes.width], "float32");
  // Above rank 16, several workgroups would make each row of x.
  const areNarrow = products.every(({ sizes: { rank } }) => rank <= 16);
  withSource(call, areNarrow ? 1 + products.length : Number.POSITIVE_INFINITY, (source, xOutputs) => {
    const inputs = { shared, sizes, into: { ...xOutputs, branches }, source };
    for (const chunk of chunksOf(products, limit - 2)) run(call, chunk, chunk.map(projection), inputs);
  });
  const axes = shared.x.shape.slice(0, -1);
  if (products.length === 1) return [waitingProduct(call, parts, branches), branches];
  const perProduct = products.some(({ tensors: { term } }) => term !== undefined) ? 4 : 3;
  const outputs = chunksOf(products, Math.floor((limit - 2) / perProduct)).flatMap((chunk) => {
    const chunkOutputs = run(call, chunk, chunk.map(adaptedProduct), { shared: { ...shared, branches }, sizes });
    return chunk.map((_, index) => chunkOutputs[`y${index}`] as tf.TensorInfo); // each is an output
  });
  return [...outputs.map((y) => ({ ...y, shape: [...axes, y.shape[1] ?? 0] })), branches];
};

/**
 * The same inputs, dy0, dy1, … and branches, which is overwritten → the gradients of a0, b0, a1, …, and, if `isForX`, first
 * that of x.
 */
export const adaptedLinearGradient: GpuKernel = (call) => {
  const { products, shared, sizes } = partsOf(call);
  const limit = call.backend.device.limits.maxStorageBuffersPerShaderStage;
  const branches = inputOf(call, "branches");
  withSource(call, 1 + 2 * products.length, (source, xOutputs) => {
    const inputs = { shared: {}, sizes, into: { ...xOutputs, branches }, source };
    for (const chunk of chunksOf(products, Math.floor((limit - 1) / 2)))
      run(call, chunk, chunk.map(gradientOfProjection), inputs);
  });
  let dx: tf.TensorInfo | undefined;
  const gradients: tf.TensorInfo[] = [];
  for (const product of products) {
    const parts = [gradientOfA, gradientOfB, ...(call.attributes.isForX === true ? [gradientOfX(product, dx)] : [])];
    const grads = run(call, [product], parts, { shared: { ...shared, branches }, sizes, ...(dx && { into: { dx } }) });
    gradients.push(grads.forA as tf.TensorInfo, grads.forB as tf.TensorInfo); // they are outputs
    dx ??= grads.dx;
  }
  return [...(dx === undefined ? [] : [{ ...dx, shape: shared.x.shape }]), ...gradients];
};

/**
 * If x waits for its dispatch, `compute` gets how x is made and the tensors to write, provided that there are storage buffers for them
 * in addition to `buffers`; else x is computed first.
 */
function withSource(
  call: GpuKernelCall,
  buffers: number,
  compute: (source?: RowSource, made?: Readonly<Record<string, tf.TensorInfo>>) => void,
): void {
  const { backend } = call;
  const x = inputOf(call, "x");
  const deferred = deferredFor(x);
  const { source } = deferred ?? {};
  const [, column] = deferred === undefined || isAlone(backend, deferred) ? [] : deferred.outputs;
  const xOutputs = { x, ...(source?.column !== undefined && column && { [source.column]: column }) };
  const used = buffers + Object.keys({ ...source?.inputs, ...xOutputs }).length;
  const fits = source?.inFeatures === x.shape.at(-1) && used <= backend.device.limits.maxStorageBuffersPerShaderStage;
  if (deferred !== undefined && fits) computeWith(backend, deferred, () => compute(source, xOutputs));
  else {
    computeDeferred(backend, x.dataId);
    compute();
  }
}

/** The only product: it waits for a sum that it is part of, such as that with the residual. */
function waitingProduct(
  call: GpuKernelCall,
  { products, shared, sizes }: ReturnType<typeof partsOf>,
  branches: tf.TensorInfo,
): tf.TensorInfo {
  const y = call.backend.makeTensorInfo([...shared.x.shape.slice(0, -1), products[0]?.sizes.out ?? 0], "float32");
  const compute = (into: tf.TensorInfo, extra?: tf.TensorInfo) => {
    const parts = products.map(adaptedProduct).map((product) => {
      return extra === undefined ? product : { ...product, value: `extra[i] + ${product.value}` };
    });
    run(call, products, parts, { shared: { ...shared, branches, ...(extra && { extra }) }, sizes, into: { y0: into } });
    return into;
  };
  defer(call.backend, {
    inputs: [...Object.values(call.inputs).filter((input) => input !== undefined), branches],
    outputs: [y],
    run: () => compute(y),
    plus: (extra) => compute(call.backend.makeTensorInfo(y.shape, "float32"), extra),
  });
  return y;
}

interface RunInputs {
  readonly shared: Readonly<Record<string, tf.TensorInfo>>;
  readonly sizes: Readonly<Record<string, number>>;
  readonly into?: Readonly<Record<string, tf.TensorInfo>>;
  readonly source?: RowSource | undefined;
}

/** One dispatch, in which the tensors and numbers of the first product are called matrix0, a0, rank0, and so on. */
function run(
  { backend }: GpuKernelCall,
  products: readonly BranchedProduct[],
  matrixProducts: readonly MatrixProduct<string>[],
  { shared, sizes, ...rest }: RunInputs,
): Record<string, tf.TensorInfo> {
  const numbered = <Value>(entriesOf: (product: BranchedProduct) => Readonly<Record<string, Value>>) =>
    Object.fromEntries(
      products.flatMap((product, index) => {
        return Object.entries(entriesOf(product)).map(([name, value]) => [`${name}${index}`, value] as const);
      }),
    );
  const tensors = numbered(({ tensors }) => tensors);
  const inputs = Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) => (tensor ? [[name, tensor]] : [])),
  );
  return multiplyMatrices(backend, matrixProducts, {
    inputs: { ...shared, ...inputs },
    sizes: { ...sizes, ...numbered((product) => product.sizes) },
    floats: byName(
      "scale",
      products.map(({ scale }) => scale),
    ),
    ...rest,
  });
}

function chunksOf<Value>(values: readonly Value[], size: number): readonly (readonly Value[])[] {
  const count = Math.ceil(values.length / size);
  return Array.from({ length: count }, (_, index) => values.slice(index * size, (index + 1) * size));
}
