// Matrix products made of the one product that is fast in wasm. Matrices of a batch are multiplied in place.

import * as tf from "@tensorflow/tfjs-core";
import { booleanOf } from "../../../gradients/attributes.ts";
import { inputOf, runKernel } from "../../../kernels/wrap-kernels.ts";
import { lendMatrix } from "../borrowed-matrix.ts";
import { transposeMatrices } from "../transpose-matrix.ts";
import { viewed, type WasmBackend, wasmKernel, zeros } from "../wasm-backend.ts";
import { multiplyPlain } from "./plain-product.ts";
import { isWorthSplitting, type ProductPlan, type ProductShape, planProduct } from "./plan-product.ts";

/** Wraps the backend's own kernel, which still does batches of tiny products. */
export function fasterBatchMatMul(original: tf.KernelConfig): tf.KernelConfig {
  const faster = wasmKernel("BatchMatMul", (inputs, attributes, backend) => {
    const product = describeProduct(inputOf(inputs, "a"), inputOf(inputs, "b"), attributes);
    if (product.rows * product.inner * product.columns * product.matrices === 0) return zeros(backend, product.shape);
    if (product.matrices > 1 && !isWorthSplitting(product) && !product.isUneven)
      return runKernel(original, inputs, attributes, backend);
    return multiply(backend, product);
  });
  return { ...original, kernelFunc: faster.kernelFunc };
}

/** An operand as [matrices, rows, columns], and which of its matrices each product uses. */
interface Operand {
  readonly tensor: tf.TensorInfo;
  readonly index: (matrix: number) => number;
}

interface Product extends ProductShape {
  readonly a: Operand;
  readonly b: Operand;
  readonly matrices: number;
  /** Both operands are repeated along some axis, which the backend's own kernel gets wrong. */
  readonly isUneven: boolean;
  /** Shape of the output. */
  readonly shape: readonly number[];
}

function describeProduct(a: tf.TensorInfo, b: tf.TensorInfo, attributes: tf.NamedAttrMap): Product {
  if (a.dtype !== "float32" || b.dtype !== "float32")
    throw new Error(`The wasm backend multiplies float32 matrices only, not ${a.dtype} and ${b.dtype}.`);
  const transposeA = booleanOf(attributes, "transposeA");
  const transposeB = booleanOf(attributes, "transposeB");
  const [a0 = 0, a1 = 0] = a.shape.slice(-2);
  const [b0 = 0, b1 = 0] = b.shape.slice(-2);
  const [rows, inner] = transposeA ? [a1, a0] : [a0, a1];
  const [innerOfB, columns] = transposeB ? [b1, b0] : [b0, b1];
  if (inner !== innerOfB)
    throw new Error(`Cannot multiply [${a.shape}] by [${b.shape}] (transposed: ${transposeA}, ${transposeB}).`);
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  const [countA, countB, matrices] = [batchA, batchB, batch].map((axes) => tf.util.sizeFromShape(axes));
  const sizes = { inner, columns, transposeA, transposeB, shape: [...batch, rows, columns] };
  if (countB === 1 && !transposeA) {
    // Every matrix of A meets the same B: one tall product.
    const tall = rows * (matrices ?? 1);
    return { ...sizes, rows: tall, matrices: 1, isUneven: false, a: single(a, tall, inner), b: single(b, b0, b1) };
  }
  return {
    ...sizes,
    rows,
    matrices: matrices ?? 1,
    isUneven: countA !== matrices && countB !== matrices,
    a: { tensor: viewed(a, [countA ?? 1, a0, a1]), index: repeated(batchA, batch) },
    b: { tensor: viewed(b, [countB ?? 1, b0, b1]), index: repeated(batchB, batch) },
  };
}

function single(tensor: tf.TensorInfo, rows: number, columns: number): Operand {
  return { tensor: viewed(tensor, [1, rows, columns]), index: () => 0 };
}

/** Which matrix of an operand with these leading axes the product number n of `batch` uses. */
function repeated(leadingAxes: readonly number[], batch: readonly number[]): (matrix: number) => number {
  const count = tf.util.sizeFromShape([...leadingAxes]);
  if (count === 1) return () => 0;
  if (count === tf.util.sizeFromShape([...batch])) return (matrix) => matrix;
  const padded = [...batch.slice(0, batch.length - leadingAxes.length).map(() => 1), ...leadingAxes];
  const steps = tf.util.computeStrides([...batch, 1]);
  const ownSteps = tf.util.computeStrides([...padded, 1]);
  return (matrix) =>
    padded.reduce((sum, size, axis) => {
      const position = Math.floor(matrix / (steps[axis] ?? 1)) % (batch[axis] ?? 1);
      return sum + (size === 1 ? 0 : position * (ownSteps[axis] ?? 1));
    }, 0);
}

function multiply(backend: WasmBackend, product: Product): tf.TensorInfo {
  const plan = planProduct(product);
  const temporary: tf.TensorInfo[] = [];
  const arrange = (operand: Operand, flip: boolean): Operand => {
    if (!flip) return operand;
    const tensor = transposeMatrices(backend, operand.tensor);
    temporary.push(tensor);
    return { ...operand, tensor };
  };
  const a = arrange(product.a, plan.flipA);
  const b = arrange(product.b, plan.flipB);
  const raw = multiplyEach(backend, plan.swap ? [b, a] : [a, b], product, plan);
  if (plan.flipOutput) temporary.push(raw);
  const output = plan.flipOutput ? transposeMatrices(backend, raw) : raw;
  for (const tensor of temporary) backend.disposeData(tensor.dataId);
  return viewed(output, product.shape);
}

/** The products one after the other, as [matrices, rows, columns] (or with rows and columns swapped). */
function multiplyEach(
  backend: WasmBackend,
  [left, right]: readonly [Operand, Operand],
  product: Product,
  plan: ProductPlan,
): tf.TensorInfo {
  const { inner, matrices } = product;
  const rows = plan.swap ? product.columns : product.rows;
  const columns = plan.swap ? product.rows : product.columns;
  const output = backend.makeOutput([matrices, rows, columns], "float32");
  const idOf = (tensor: tf.TensorInfo) => backend.dataIdMap.get(tensor.dataId).id;
  if (matrices === 1) {
    // With the tensors' own ids: XNNPACK keeps the prepared right operand as long as its tensor lives, which a frozen weight does.
    const ids = { left: idOf(left.tensor), right: idOf(right.tensor), output: idOf(output) };
    multiplyPlain(backend, { ...ids, rows, inner, columns });
    return output;
  }
  for (let matrix = 0; matrix < matrices; matrix++) {
    const views = [
      lendMatrix(backend, left.tensor.dataId, { index: left.index(matrix), rows, columns: inner }),
      lendMatrix(backend, right.tensor.dataId, { index: right.index(matrix), rows: inner, columns }),
      lendMatrix(backend, output.dataId, { index: matrix, rows, columns }),
    ] as const;
    multiplyPlain(backend, { left: views[0].id, right: views[1].id, output: views[2].id, rows, inner, columns });
    for (const loan of views) loan.release();
  }
  return output;
}
