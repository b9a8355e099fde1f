// What a step would take on more machines than there are here: a small model of the network between them.
//
// Each message costs the latency and its bytes over the bandwidth; nothing is computed meanwhile, and all machines are alike. A ring
// sends 2 (p − 1) messages of a p-th of the array one after the other; a tree sums upwards and tells downwards, 2 ⌈log₂ p⌉ messages
// of the whole array. MPI libraries take what is faster (Thakur, Rabenseifner, Gropp: Optimization of Collective Communication
// Operations in MPICH, 2005), so the model does.

/** Between any two machines. */
export interface Network {
  /** A second, each way. */
  readonly gigabits: number;
  /** The latency of a message of any length. */
  readonly latencyMs: number;
}

/** A step as it was measured here. */
export interface MeasuredStep {
  /** Time of a step of one process alone. */
  readonly aloneMs: number;
  /** Time of a step of processes on one machine that exchange their gradients. */
  readonly togetherMs: number;
  /** Size of the array that is summed. */
  readonly bytes: number;
}

interface PredictedStep {
  readonly milliseconds: number;
  /** Rows a second, against as many processes that each work alone. */
  readonly efficiency: number;
}

/** Milliseconds of a sum over a ring. */
export function ringMs(bytes: number, ranks: number, network: Network): number {
  return 2 * (ranks - 1) * messageMs(bytes / ranks, network);
}

/** Milliseconds of a sum over a binary tree. */
export function treeMs(bytes: number, ranks: number, network: Network): number {
  return 2 * Math.ceil(Math.log2(ranks)) * messageMs(bytes, network);
}

/** Each machine has one process, and the measured number of rows. */
export function predictStep(
  { aloneMs, togetherMs, bytes }: MeasuredStep,
  ranks: number,
  network: Network,
): PredictedStep {
  const milliseconds = togetherMs + Math.min(ringMs(bytes, ranks, network), treeMs(bytes, ranks, network));
  return { milliseconds, efficiency: aloneMs / milliseconds };
}

function messageMs(bytes: number, { gigabits, latencyMs }: Network): number {
  return latencyMs + bytes / (gigabits * 125_000);
}
