// Converts the tensors of one module in a file of Kohya, LyCORIS or diffusers to one A and B with the same product.

import type { AdapterTensor } from "../../lora-config.ts";
import { transposed } from "../encode-tensors.ts";
import { BadModule, checkSize, factorsIn, type ModuleParts, type PlainLora, scaleOf, sizesOf } from "./module-parts.ts";

/** Throws BadModule. */
export function plainMatrices(parts: ModuleParts): PlainLora {
  const names = [...parts.keys()];
  if (names.some((name) => name.startsWith("hada"))) return hadamardMatrices(parts);
  if (names.some((name) => name.startsWith("lokr"))) return kroneckerMatrices(parts);
  const [a, b, mid] = [parts.get("a"), parts.get("b"), parts.get("mid")];
  if (a === undefined || b === undefined) throw new BadModule(`has no ${a === undefined ? "down" : "up"} half`);
  const lora = { a, b, scale: scaleOf(parts, a.shape[0] ?? 1) };
  return mid === undefined ? lora : withMiddle(lora, mid);
}

/** Tucker decomposition: down [rank, channels, 1, 1], mid [rank, rank, height, width] and up. Down and mid become A. */
function withMiddle({ a, b, scale }: PlainLora, mid: AdapterTensor): PlainLora {
  const [rank = 0, channels = 0, ...one] = a.shape;
  const [rows = 0, inner = 0, height = 0, width = 0] = mid.shape;
  if (mid.shape.length !== 4 || one.some((size) => size !== 1) || inner !== rank || rows !== rank)
    throw new BadModule(`has a middle of shape [${mid.shape.join(", ")}], which its rank of ${rank} does not fit`);
  const area = height * width;
  checkSize(rank, channels * area);
  const values = new Float32Array(rank * channels * area);
  for (let row = 0; row < rank; row++)
    for (let channel = 0; channel < channels; channel++)
      for (let tap = 0; tap < area; tap++) {
        let sum = 0;
        for (let k = 0; k < rank; k++)
          sum += mid.values[(row * rank + k) * area + tap]! * a.values[k * channels + channel]!;
        values[(row * channels + channel) * area + tap] = sum;
      }
  return { a: { shape: [rank, channels, height, width], values }, b, scale };
}

// LyCORIS' LoHa as one A and B, whose rank is the product of both ranks:
//   (B₁A₁) ∘ (B₂A₂) = B·A, where column (i, j) of B is B₁[:, i] ∘ B₂[:, j] and row (i, j) of A is A₁[i] ∘ A₂[j]

function hadamardMatrices(parts: ModuleParts): PlainLora {
  if (parts.has("hada_t1") || parts.has("hada_t2"))
    throw new BadModule("is a LoHa with Tucker decomposition, not supported");
  const one = factorsIn(parts, { a: "hada_w1_b", b: "hada_w1_a" });
  const other = factorsIn(parts, { a: "hada_w2_b", b: "hada_w2_a" });
  const [[rank, inFeatures], [outFeatures]] = [sizesOf(one.a), sizesOf(one.b)];
  if (sizesOf(other.a)[1] !== inFeatures || sizesOf(other.b)[0] !== outFeatures)
    throw new BadModule("has two products of different sizes");
  checkSize(rank * sizesOf(other.a)[0], Math.max(inFeatures, outFeatures));
  return {
    a: everyRowTimesEvery(one.a, other.a),
    b: transposed(everyRowTimesEvery(transposed(one.b), transposed(other.b))),
    scale: scaleOf(parts, rank),
  };
}

function everyRowTimesEvery(one: AdapterTensor, other: AdapterTensor): AdapterTensor {
  const [[rows, columns], [otherRows]] = [sizesOf(one), sizesOf(other)];
  const values = new Float32Array(rows * otherRows * columns);
  let next = 0;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < otherRows; j++)
      for (let column = 0; column < columns; column++)
        values[next++] = one.values[i * columns + column]! * other.values[j * columns + column]!;
  return { shape: [rows * otherRows, columns], values };
}

// LyCORIS' LoKr: (B₁A₁) ⊗ (B₂A₂) = (B₁ ⊗ B₂)·(A₁ ⊗ A₂). A side that is one full matrix is multiplied with the identity.

function kroneckerMatrices(parts: ModuleParts): PlainLora {
  if (parts.has("lokr_t2")) throw new BadModule("is a LoKr with Tucker decomposition, not supported");
  const one = sideOf(parts, "lokr_w1");
  const other = sideOf(parts, "lokr_w2");
  const rank = sizesOf(one.a)[0] * sizesOf(other.a)[0];
  const [inFeatures, outFeatures] = [sizesOf(one.a)[1] * sizesOf(other.a)[1], sizesOf(one.b)[0] * sizesOf(other.b)[0]];
  // Two full matrices are not scaled; α is ignored.
  const inner = other.rank ?? one.rank;
  checkSize(rank, Math.max(inFeatures, outFeatures));
  return {
    a: kroneckerProduct(one.a, other.a),
    b: kroneckerProduct(one.b, other.b),
    scale: inner === undefined ? 1 : scaleOf(parts, inner),
  };
}

interface Side extends Omit<PlainLora, "scale"> {
  /** Undefined for a full matrix. */
  readonly rank: number | undefined;
}

function sideOf(parts: ModuleParts, name: "lokr_w1" | "lokr_w2"): Side {
  const whole = parts.get(name);
  if (whole === undefined) {
    const factors = factorsIn(parts, { a: `${name}_b`, b: `${name}_a` });
    return { ...factors, rank: sizesOf(factors.a)[0] };
  }
  if (whole.shape.length !== 2) throw new BadModule("is a LoKr of a convolution, which is not supported");
  const [rows, columns] = sizesOf(whole);
  const smaller = Math.min(rows, columns);
  checkSize(smaller, smaller);
  const same = identity(smaller);
  return rows < columns ? { a: whole, b: same, rank: undefined } : { a: same, b: whole, rank: undefined };
}

function identity(size: number): AdapterTensor {
  const values = new Float32Array(size * size);
  for (let index = 0; index < size; index++) values[index * size + index] = 1;
  return { shape: [size, size], values };
}

function kroneckerProduct(one: AdapterTensor, other: AdapterTensor): AdapterTensor {
  const [[rows, columns], [otherRows, otherColumns]] = [sizesOf(one), sizesOf(other)];
  const values = new Float32Array(rows * otherRows * columns * otherColumns);
  let next = 0;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < otherRows; j++)
      for (let k = 0; k < columns; k++)
        for (let l = 0; l < otherColumns; l++)
          values[next++] = one.values[i * columns + k]! * other.values[j * otherColumns + l]!;
  return { shape: [rows * otherRows, columns * otherColumns], values };
}
