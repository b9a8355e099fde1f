// Reduces a matrix product to plain products of single matrices: tfjs-backend-wasm uses XNNPACK only for those, and a loop that is
// 13 to 19 times slower for transposed or batched ones.

/** Sizes of one product [rows, inner]·[inner, columns] and how its operands are stored. */
export interface ProductShape {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Which matrices to transpose; `swap` computes Bᵀ·Aᵀ, whose transpose is the product wanted. */
export interface ProductPlan {
  readonly swap: boolean;
  /** Transpose A (as stored) before the product. */
  readonly flipA: boolean;
  readonly flipB: boolean;
  /** Transpose the product afterwards. */
  readonly flipOutput: boolean;
}

/** The way that moves the fewest entries. */
export function planProduct(shape: ProductShape): ProductPlan {
  const { rows, inner, columns, transposeA, transposeB } = shape;
  const straight: ProductPlan = { swap: false, flipA: transposeA, flipB: transposeB, flipOutput: false };
  const swapped: ProductPlan = { swap: true, flipA: !transposeA, flipB: !transposeB, flipOutput: true };
  const sizeA = rows * inner;
  const sizeB = inner * columns;
  const moved = (plan: ProductPlan) =>
    (plan.flipA ? sizeA : 0) + (plan.flipB ? sizeB : 0) + (plan.flipOutput ? rows * columns : 0);
  return moved(swapped) < moved(straight) ? swapped : straight;
}

/**
 * Whether single products by XNNPACK beat the backend's loop over a batch. Each call costs about 2 µs and packs its
 * right operand, which pays off from a few rows on (measured: bench/).
 */
export function isWorthSplitting({ rows, inner, columns }: ProductShape): boolean {
  return rows >= 5 && rows * inner * columns >= 4096;
}
