// The LoRA branch: two dispatches forward, and two for the gradients of A and B, each of which computes two products. Where
// entries of x drop out, one more draws them.

import { withFactors } from "./dropout.ts";
import { type DrawnFactors, type GpuKernel, type GpuKernelCall, inputOf, rowsOf } from "./gpu-kernel.ts";
import { multiply } from "./linear.ts";
import { type MatrixProduct, multiplyMatrices } from "./matrix-products.ts";

/** output [..., outFeatures], x [..., inFeatures], a, b → output + scale·(x·a)·b. Attributes of a draw drop entries of x. */
export const addLowRank: GpuKernel = (call) => {
  const output = inputOf(call, "output");
  return withFactors(call, inputOf(call, "x"), (factors) => {
    const { projected } = multiplyMatrices(call.backend, [projection], sourcesOf(call, factors));
    const y = multiply(call.backend, { x: projected, matrix: inputOf(call, "b"), isTransposed: false, term: output });
    call.backend.disposeData(projected.dataId);
    return [{ ...y, shape: output.shape }];
  });
};

/** dy [..., outFeatures], x [..., inFeatures], a, b → the gradients of scale·x·a [rows, rank], of a and of b. */
export const addLowRankGradient: GpuKernel = (call) =>
  withFactors(call, inputOf(call, "x"), (factors) => {
    const sources = sourcesOf(call, factors);
    const inputs = { ...sources.inputs, dy: inputOf(call, "dy") };
    const narrowProducts = multiplyMatrices(call.backend, [projection, gradientOfProjection], { ...sources, inputs });
    const all = { ...sources, inputs: { ...inputs, ...narrowProducts } };
    const { forA, forB } = multiplyMatrices(call.backend, [gradientOfA, gradientOfB], all);
    call.backend.disposeData(narrowProducts.projected.dataId);
    return [narrowProducts.narrow, forA, forB];
  });

/** narrow [rows, rank], a, and a term of x's size or none → the gradient of an x that dropped entries, plus the term. */
export const droppedLowRankGradient: GpuKernel = (call) => {
  const [narrow, a] = [inputOf(call, "narrow"), inputOf(call, "a")];
  const { term } = call.inputs;
  const shape = [rowsOf(narrow).rows, a.shape[0] ?? 0];
  return withFactors(call, { shape }, (factors) => [
    multiply(call.backend, { x: narrow, matrix: a, isTransposed: true, factors, term: term && { ...term, shape } }),
  ]);
};

const projection: MatrixProduct<"projected"> = {
  name: "projected",
  sides: ["rows", "inFeatures", "rank"],
  left: ["x"],
  right: ["a"],
  value: "numbers.scale * sum",
};
const gradientOfProjection: MatrixProduct<"narrow"> = {
  name: "narrow",
  sides: ["rows", "outFeatures", "rank"],
  left: ["dy"],
  right: ["b", "transposed"],
  value: "numbers.scale * sum",
};
const gradientOfA: MatrixProduct<"forA"> = {
  name: "forA",
  sides: ["inFeatures", "rows", "rank"],
  left: ["x", "transposed"],
  right: ["narrow"],
  value: "sum",
};
const gradientOfB: MatrixProduct<"forB"> = {
  name: "forB",
  sides: ["rank", "rows", "outFeatures"],
  left: ["projected", "transposed"],
  right: ["dy"],
  value: "sum",
};

/** Where factors are drawn, they are those of x's entries. */
function sourcesOf(call: GpuKernelCall, factors: DrawnFactors | undefined) {
  const [x, a, b] = [inputOf(call, "x"), inputOf(call, "a"), inputOf(call, "b")];
  const { rows, features: inFeatures } = rowsOf(x);
  const sizes = { rows, rank: a.shape[1] ?? 0, inFeatures, outFeatures: b.shape[1] ?? 0 };
  return {
    inputs: { x, a, b },
    sizes,
    floats: { scale: Number(call.attributes.scale) },
    factors,
    ...(factors && { dropped: "x" }),
  };
}
