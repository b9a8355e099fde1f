// From times and facts to a result, targets compared.

import type { Benchmark } from "./benchmark.ts";
import type { Turn } from "./harness/interleave.ts";
import type { Facts } from "./harness/serve.ts";
import type { ComparedTimes, Result } from "./result.ts";
import { median, rangeOf, ratioOf, rounded } from "./rounding.ts";

/** The measurements of one child process. */
export interface Observed {
  readonly peakMemoryMb: number;
  readonly idleLoad: number;
  readonly facts: Facts;
  readonly versions: Readonly<Record<string, string>>;
}

export interface Measured {
  readonly timesOf: (turn: { readonly contender: string; readonly step: string }) => readonly number[];
  readonly observed: ReadonlyMap<string, Observed>;
  readonly steady: boolean;
  /** Absent if the peer has one setting. */
  readonly choice?: Pick<Result, "peerPrecision" | "peersTried"> | undefined;
  readonly threads: number;
  readonly processor: string;
  readonly date: string;
}

export function makeResult(benchmark: Benchmark, measured: Measured): Result {
  const { timesOf, observed, steady, choice, threads, processor, date } = measured;
  const middle = (turn: Turn) => median(timesOf(turn));
  const parts = benchmark.comparisons.map((comparison): ComparedTimes => {
    const [oursMs, peerMs] = [middle(comparison.ours), middle(comparison.peer)];
    const targetRatio = comparison.timeTarget;
    return {
      label: comparison.label,
      oursMs: rounded(oursMs),
      peerMs: rounded(peerMs),
      ratio: ratioOf(oursMs, peerMs),
      ...(targetRatio === undefined ? {} : { targetRatio }),
    };
  });
  const [first = { oursMs: Number.NaN, peerMs: Number.NaN, ratio: Number.NaN }] = parts;
  const { label: _, ...times } = { label: "", ...first };
  const ours = observed.get("ours");
  const [comparison] = benchmark.comparisons;
  const peerTurn = comparison.peer;
  const peer = peerTurn.contender === "ours" ? undefined : observed.get(peerTurn.contender);
  if (ours === undefined) throw new Error(`${benchmark.name} has no side "ours"`);
  const without = {
    name: benchmark.name,
    work: benchmark.work,
    peer: (benchmark.sides.peer ?? benchmark.sides.ours)?.by ?? "lowrank",
    ...times,
    ...(parts.length > 1 ? { parts } : {}),
    ...choice,
    ...memory(benchmark, ours, peer),
    ...tensors(benchmark, ours, peer),
    ...products(benchmark, ours, times.oursMs),
    ...state(benchmark, ours, peer),
    oursIdleLoad: rounded(ours.idleLoad),
    ...(peer === undefined ? {} : { peerIdleLoad: rounded(peer.idleLoad) }),
    rounds: timesOf(comparison.ours).length,
    steady,
    oursRange: rangeOf(timesOf(comparison.ours)),
    peerRange: rangeOf(timesOf(peerTurn)),
    threads,
    versions: Object.fromEntries([...observed].map(([name, { versions }]) => [name, versions])),
    processor,
    date,
  };
  return { ...without, met: isMet(without, parts) };
}

function memory({ memoryTarget, peerKeepsCopy = false }: Benchmark, ours: Observed, peer: Observed | undefined) {
  const oursRssMb = rounded(ours.peakMemoryMb);
  if (peer === undefined) return { oursRssMb, peerRssMb: oursRssMb, rssRatio: 1 };
  const target = memoryTarget === undefined ? {} : { targetRssRatio: memoryTarget };
  const copyMb = (4 * Number(peer.facts.trainedParameters)) / 2 ** 20;
  return {
    oursRssMb,
    peerRssMb: rounded(peer.peakMemoryMb),
    rssRatio: ratioOf(ours.peakMemoryMb, peer.peakMemoryMb),
    ...(peerKeepsCopy ? { rssRatioWithoutCopy: ratioOf(ours.peakMemoryMb, peer.peakMemoryMb - copyMb) } : {}),
    ...target,
  };
}

function tensors({ tensorTarget }: Benchmark, ours: Observed, peer: Observed | undefined) {
  if (tensorTarget === undefined) return {};
  const [oursTensorMb, peerTensorMb] = [Number(ours.facts.tensorMb), Number(peer?.facts.tensorMb)];
  return {
    oursTensorMb: rounded(oursTensorMb),
    peerTensorMb: rounded(peerTensorMb),
    tensorRatio: ratioOf(oursTensorMb, peerTensorMb),
    targetTensorRatio: tensorTarget,
  };
}

function products({ productTarget }: Benchmark, { facts }: Observed, oursMs: number) {
  if (productTarget === undefined) return {};
  const [stepGflop, matMulGflops] = [Number(facts.stepGflop), Number(facts.matMulGflops)];
  return {
    stepGflop: rounded(stepGflop),
    matMulGflops: rounded(matMulGflops),
    productShare: ratioOf(stepGflop / (oursMs / 1000), matMulGflops),
    targetProductShare: productTarget,
  };
}

function state({ stateTarget }: Benchmark, ours: Observed, peer: Observed | undefined) {
  if (stateTarget === undefined) return {};
  const [oursStateBytes, peerStateBytes] = [Number(ours.facts.stateBytes), Number(peer?.facts.stateBytes)];
  const stateRatio = oursStateBytes / peerStateBytes;
  return { oursStateBytes, peerStateBytes, stateRatio, targetStateRatio: stateTarget };
}

function isMet(result: Omit<Result, "met">, parts: readonly ComparedTimes[]): boolean {
  const atMost = (value: number | undefined, target: number | undefined) =>
    target === undefined || (value !== undefined && value <= target);
  return (
    parts.every(({ ratio, targetRatio }) => atMost(ratio, targetRatio)) &&
    atMost(result.rssRatioWithoutCopy ?? result.rssRatio, result.targetRssRatio) &&
    atMost(result.tensorRatio, result.targetTensorRatio) &&
    atMost(result.stateRatio, result.targetStateRatio) &&
    (result.targetProductShare === undefined || (result.productShare ?? 0) >= result.targetProductShare)
  );
}
