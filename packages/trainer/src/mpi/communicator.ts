// How the processes of one training communicate. All of them must make the same calls in the same order.

/** The processes of one training, and the rank of this one. */
export interface Communicator {
  /** Counted from 0. */
  readonly rank: number;
  readonly size: number;
  /** The version text of the MPI library. */
  readonly library: string;
  /**
   * Replaces the values by their sums over all processes. The result is the same, bit for bit, in each process and in each run with
   * the same number of processes. Throws COMMUNICATION_SIZE if lengths differ, MPI_CALL, COMMUNICATION_TIMEOUT.
   */
  allReduce(values: Float32Array): Promise<void>;
  /** Returns the bytes of the process `root` (default 0) in all processes; bytes of others are ignored. Throws what `allReduce` does. */
  broadcast(bytes: Uint8Array | undefined, root?: number): Promise<Uint8Array>;
  /** Resolves when all processes have called it. */
  barrier(): Promise<void>;
  /** Ends all processes immediately with this exit code. */
  abort(code: number): void;
  /** Leaves MPI, together with all others. Afterwards the process can end by itself. */
  close(): Promise<void>;
}
