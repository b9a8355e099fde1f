// Two processes on this machine, with one thread each: the cost of summing their gradients in each step.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasMpi, mpiRun } from "@lowrank/testing/mpi";
import type { ExchangeTime } from "@lowrank/trainer/mpi";
import { bundle } from "../harness/bundle.ts";
import { processorName } from "../harness/process-facts.ts";
import type { Result } from "../result.ts";
import { median, rangeOf, ratioOf, rounded } from "../rounding.ts";
import type { RunOptions } from "../run-benchmark.ts";
import type { Settings } from "../settings.ts";
import type { ExchangeFigures, ExchangeOrder } from "./exchange-figures.ts";

export const distributed = {
  name: "distributed",
  work: "SmolLM2-135M, LoRA on all linear layers: steps of 4 × 128 tokens in each of two processes of one thread, on MPI",
  peer: "the same without the exchange",
  targetRatio: 1.03,
} as const;

/** A step of two processes may take this many times a step of one alone: 1 / 0.95. */
const aloneTarget = 1.053;

export interface DistributedResult extends Result {
  readonly ranks: number;
  readonly trained: number;
  readonly exchange: readonly ExchangeTime[];
}

/** Throws if there is no MPI to start processes with, or if a process fails. */
export async function runDistributed({
  tiny,
  engine,
  rounds,
}: Omit<RunOptions, "threads">): Promise<DistributedResult> {
  if (!hasMpi()) throw new Error("there is no Open MPI here; apt-get install openmpi-bin");
  const folder = mkdtempSync(join(tmpdir(), "lowrank-distributed-"));
  try {
    const size = tiny ? { batch: 2, time: 16 } : { batch: 4, time: 128 };
    const settings: Settings = { shape: "smollm2", ...size, tiny, threads: 1 };
    const order: ExchangeOrder = { ...rounds, lengths: [1, 1000, 100_000, 1_000_000, 10_000_000], folder };
    const argv = [await bundle("ours/exchange-step"), JSON.stringify(settings), JSON.stringify(order)];
    const environment = { LOWRANK_THREADS: "1", ...(engine === undefined ? {} : { LOWRANK_ENGINE: engine }) };
    const { code, stdout, stderr } = await mpiRun(argv, { ranks: 2, environment });
    if (code !== 0) throw new Error(`the processes ended with ${code}: ${stderr}`);
    // Written by the same version of this repository, in ours/exchange-step.ts.
    return resultOf(JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as ExchangeFigures, rounds.measured);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function resultOf({ taken, trained, ranks, exchange, versions, peakMemoryMb }: ExchangeFigures, rounds: number) {
  const of = (kind: keyof typeof taken) => median(taken[kind]);
  const [alone, apart, together] = [of("alone"), of("apart"), of("together")];
  const compared = (label: string, peer: number, targetRatio: number) => ({
    label,
    oursMs: rounded(together),
    peerMs: rounded(peer),
    ratio: ratioOf(together, peer),
    targetRatio,
  });
  const whole = compared("with the exchange : without", apart, distributed.targetRatio);
  const parts = [whole, compared("two that exchange : one alone", alone, aloneTarget)];
  const memory = rounded(peakMemoryMb);
  return {
    ...distributed,
    oursMs: whole.oursMs,
    peerMs: whole.peerMs,
    ratio: whole.ratio,
    parts,
    rounds,
    threads: 1,
    oursRssMb: memory,
    peerRssMb: memory,
    rssRatio: 1,
    versions: { ours: versions },
    oursRange: rangeOf(taken.together),
    peerRange: rangeOf(taken.apart),
    processor: processorName(),
    date: new Date().toISOString(),
    met: parts.every(({ ratio, targetRatio }) => ratio <= targetRatio),
    ranks,
    trained,
    exchange,
  } satisfies DistributedResult;
}
