// An adapter from inside (the paper's section 7).

/** How much each layer was changed: ‖ΔW‖ / ‖W‖, both Frobenius norms. */
export interface AdapterPicture {
  readonly id: string;
  readonly targets: readonly string[];
  readonly blocks: number;
  readonly cells: readonly {
    /** The layer's path in the model. */
    readonly site: string;
    readonly block: number | undefined;
    readonly target: string;
    readonly change: number;
  }[];
}

/** Of ΔW of one layer, largest first. `mattering`: how many hold 90 % of the sum of squares. */
export interface SingularValues {
  readonly site: string;
  readonly values: readonly number[];
  readonly mattering: number;
}

/** φ(A₁, A₂, i, j) of the paper (equation 4) at the full ranks, layer by layer: 0 apart, 1 the same subspace. */
export interface Similarity {
  readonly first: string;
  readonly second: string;
  readonly cells: readonly { readonly site: string; readonly value: number }[];
}
