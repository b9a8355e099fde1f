// What the gradient step is given where several processes make it together. It knows nothing of how they reach each other.

/** Several processes that train as one, and this one's place among them. A `Communicator` of @lowrank/trainer/mpi is one. */
export interface GradientReduction {
  /** Counted from 0. */
  readonly rank: number;
  readonly size: number;
  /** Replaces the values by their sums over all processes, the same bits in each; all call it as often, with as many values. */
  allReduce(values: Float32Array): Promise<void>;
}
