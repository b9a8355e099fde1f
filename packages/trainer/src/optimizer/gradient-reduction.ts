// The interface by which several processes make one gradient step. It does not depend on how they communicate.

/** The processes of one training, and this one's rank. A `Communicator` of @lowrank/trainer/mpi implements it. */
export interface GradientReduction {
  /** Counted from 0. */
  readonly rank: number;
  readonly size: number;
  /** Replaces the values by their sums over all processes, with the same bits in each. All processes must call it equally often, with equal lengths. */
  allReduce(values: Float32Array): Promise<void>;
}
