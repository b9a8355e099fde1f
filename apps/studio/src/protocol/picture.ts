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
  /** Layers whose change has no norm, such as an update that only acts after certain tokens. */
  readonly without: readonly Place[];
}

/** The singular values of one layer's ΔW, largest first. `mattering`: how many hold 90 % of the sum of squares. */
export interface SingularValues {
  readonly site: string;
  readonly values: readonly number[];
  readonly mattering: number;
}

/**
 * φ(A₁, A₂, i, j) of the paper (equation 4) at the full ranks, layer by layer: 0 for orthogonal subspaces, 1 for the same one. `reads`:
 * of A, whose rows are directions of the input; `writes`: of B, whose columns are directions of the output.
 */
export interface Similarity {
  readonly first: string;
  readonly second: string;
  /** Similarities in the layers that both adapters change. */
  readonly cells: readonly (Place & { readonly reads: number; readonly writes: number })[];
}
