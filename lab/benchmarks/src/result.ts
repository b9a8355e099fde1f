// What one benchmark found, as it is kept under results/ and printed last.

/** One pair of timed things. */
export interface ComparedTimes {
  readonly label: string;
  readonly oursMs: number;
  readonly peerMs: number;
  readonly ratio: number;
  readonly targetRatio?: number;
}

/** One setting of the peer. */
export interface TriedPeer {
  readonly precision: string;
  /** Measured in its warm-up. */
  readonly milliseconds?: number;
  readonly steady?: boolean;
  /** Why it was not measured. */
  readonly skipped?: string;
}

export interface Result {
  readonly name: string;
  readonly work: string;
  readonly peer: string;
  /** If the peer can work in several ways: the fastest one, and all that were tried. */
  readonly peerPrecision?: string;
  readonly peersTried?: readonly TriedPeer[];
  /** Medians of the first comparison. */
  readonly oursMs: number;
  readonly peerMs: number;
  /** Ours : peer, as every ratio here. */
  readonly ratio: number;
  readonly targetRatio?: number;
  /** Every comparison, where there are several. */
  readonly parts?: readonly ComparedTimes[];
  /** Peak resident memory; where both sides are one process, it is that of both and the ratio is 1. */
  readonly oursRssMb: number;
  readonly peerRssMb: number;
  readonly rssRatio: number;
  readonly targetRssRatio?: number;
  /** lora-vs-full: the same ratio if the peer had no frozen copy of what it trains; the target is held against this. */
  readonly rssRatioWithoutCopy?: number;
  /** The most that tensors occupied, as TensorFlow.js counts. */
  readonly oursTensorMb?: number;
  readonly peerTensorMb?: number;
  readonly tensorRatio?: number;
  readonly targetTensorRatio?: number;
  /** The step's products a second, against the best large square products of the same process. */
  readonly stepGflop?: number;
  readonly matMulGflops?: number;
  readonly productShare?: number;
  readonly targetProductShare?: number;
  /** Bytes of gradients and optimizer. */
  readonly oursStateBytes?: number;
  readonly peerStateBytes?: number;
  readonly stateRatio?: number;
  readonly targetStateRatio?: number;
  /** Share of one processor that each used while it had nothing to do; it is stopped while another one works. Absent of whole jobs. */
  readonly oursIdleLoad?: number;
  readonly peerIdleLoad?: number;
  readonly rounds: number;
  /** Whether the last three steps of each warm-up took the same time within 5 %. Absent of whole processes, and before December 2026. */
  readonly steady?: boolean;
  /** Smallest and largest milliseconds. */
  readonly oursRange: readonly [number, number];
  readonly peerRange: readonly [number, number];
  readonly threads: number;
  readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly processor: string;
  readonly date: string;
  /** Whether every target of the row was reached. */
  readonly met: boolean;
}

/** A benchmark that could not be made. */
export interface NotMeasured {
  readonly name: string;
  readonly notMeasured: string;
  readonly processor: string;
  readonly date: string;
  readonly met: false;
}
