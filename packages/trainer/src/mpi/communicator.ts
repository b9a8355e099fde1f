// What processes that train as one can do together. All of them must make the same calls in the same order.

/** Processes that were started together, and this one's place among them. */
export interface Communicator {
  /** Counted from 0. */
  readonly rank: number;
  readonly size: number;
  /** Whose MPI it is, in its own words. */
  readonly library: string;
  /**
   * Replaces the values by their sums over all processes: the same bits in each of them, and in each run of as many.
   * Throws CommunicationSizeError where the lengths differ, MpiCallError, CommunicationTimeoutError.
   */
  allReduce(values: Float32Array): Promise<void>;
  /** The bytes of the process `root` (default 0), in all; what others give is not looked at. Throws what `allReduce` does. */
  broadcast(bytes: Uint8Array | undefined, root?: number): Promise<Uint8Array>;
  /** Resolves when all have come here. */
  barrier(): Promise<void>;
  /** Ends all processes at once with this exit code, wherever they are. */
  abort(code: number): void;
  /** Leaves MPI, when all others do so too; the process can then end by itself. */
  close(): Promise<void>;
}
