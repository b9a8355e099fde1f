// An adapter from inside (the paper's section 7).

/** A layer of the model, and where a table of blocks × kinds of layers has it. */
export interface Place {
  /** The layer's path in the model. */
  readonly site: string;
  /** Undefined outside the blocks. */
  readonly block: number | undefined;
  /** The last part of the path: "q_proj". */
  readonly target: string;
}

/** How much each layer was changed: ‖ΔW‖ / ‖W‖, both Frobenius norms. */
export interface AdapterPicture {
  readonly id: string;
  readonly cells: readonly (Place & { readonly change: number })[];
  /** Layers whose change numbers cannot show, such as an update that waits for its tokens. */
  readonly without: readonly Place[];
}

/** Of ΔW of one layer, largest first. `mattering`: how many hold 90 % of the sum of squares. */
export interface SingularValues {
  readonly site: string;
  readonly values: readonly number[];
  readonly mattering: number;
}

/**
 * φ(A₁, A₂, i, j) of the paper (equation 4) at the full ranks, layer by layer: 0 apart, 1 the same subspace. `reads`: of A,
 * whose rows are directions of the input; `writes`: of B, whose columns are directions of the output.
 */
export interface Similarity {
  readonly first: string;
  readonly second: string;
  /** Of the layers that both change. */
  readonly cells: readonly (Place & { readonly reads: number; readonly writes: number })[];
}
