// From the runs of a job to its result, targets compared.

import { median, ratioOf, rounded } from "../rounding.ts";
import { type JobPhase, type JobRun, jobPhases } from "./job-lines.ts";
import type { JobResult, Quality, QualityGap, WayResult } from "./job-result.ts";
import type { Job, Way } from "./jobs.ts";

/** All runs of one way to do the job. */
export interface WayRuns extends Way {
  readonly runs: readonly (JobRun & { readonly peakMemoryMb: number })[];
}

interface Circumstances {
  readonly threads: number;
  readonly processor: string;
  readonly date: string;
  /** Whether the rows were of the data set. */
  readonly isReal: boolean;
  /** Steps of the recipe, if another number was requested. */
  readonly shortenedFrom?: number;
}

export function makeJobResult(job: Job, measured: readonly WayRuns[], where: Circumstances): JobResult {
  const ways = measured.map(summarized);
  const own = ways.filter(isOurs);
  const others = ways.filter((way) => !isOurs(way));
  const [ours, peer] = [own.at(-1), fastest(others)];
  const plain = [own, others].map((some) => fastest(some.filter(({ precision }) => precision === "float32")));
  const [ownPlain, peerPlain] = plain;
  if (ours === undefined || peer === undefined || ownPlain === undefined || peerPlain === undefined) {
    throw new Error(`${job.name} needs ours and a peer, both in float32 at least.`);
  }
  const [best, float32] = job.comparisons;
  const parts = [compared(best, ours, peer), compared(float32, ownPlain, peerPlain)];
  const rssRatio = ratioOf(ours.rssMb, peer.rssMb);
  const gaps = own.flatMap((way) => gapOf(job, way, peerPlain) ?? []);
  const { label: _, ...first } = compared(best, ours, peer);
  const times = (way: WayResult) => rangeOf(measured[ways.indexOf(way)]?.runs ?? []);
  const peerVersions = measured.flatMap(({ runs }) => (runs[0]?.versions === undefined ? [] : [runs[0].versions]));
  const { isReal, ...circumstances } = where;
  return {
    name: job.name,
    work: job.work,
    peer: `${job.sides.peer.by}, ${peer.trainer}`,
    ...first,
    parts,
    oursRssMb: ours.rssMb,
    peerRssMb: peer.rssMb,
    rssRatio,
    targetRssRatio: job.memoryTarget,
    ...(gaps.length === 0 ? {} : { qualityGaps: gaps }),
    data: isReal ? "real" : "stand-in",
    steps: job.recipe.steps,
    ways,
    rounds: Math.min(...measured.map(({ runs }) => runs.length)),
    oursRange: times(ours),
    peerRange: times(peer),
    versions: { ours: { node: process.versions.node }, peer: Object.assign({}, ...peerVersions) },
    ...circumstances,
    met:
      where.shortenedFrom === undefined &&
      parts.every(({ ratio, targetRatio }) => ratio <= (targetRatio ?? Number.POSITIVE_INFINITY)) &&
      rssRatio <= job.memoryTarget &&
      (gaps.at(-1)?.isAsGood ?? true),
  };
}

function summarized({ trainer, precision, runs }: WayRuns): WayResult {
  const middle = (value: (run: WayRuns["runs"][number]) => number) => rounded(median(runs.map(value)));
  const accuracies = runs.flatMap(({ accuracy }) => accuracy ?? []);
  const phases = Object.fromEntries(jobPhases.map((phase) => [phase, middle((run) => run.phases[phase])]));
  return {
    trainer,
    precision,
    seconds: middle(({ seconds }) => seconds),
    rssMb: middle(({ peakMemoryMb }) => peakMemoryMb),
    phases: phases as Record<JobPhase, number>,
    loss: meanOf(runs.map(({ loss }) => loss)),
    ...(accuracies.length === 0 ? {} : { accuracy: meanOf(accuracies) }),
  };
}

function meanOf(values: readonly number[]): Quality {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return { mean, standardError: Math.sqrt(variance / count) };
}

/** Undefined with one seed. */
function gapOf({ quality }: Job, ours: WayResult, peer: WayResult): QualityGap | undefined {
  const [own, other] = [ours[quality], peer[quality]];
  if (own?.standardError === undefined || other?.standardError === undefined) return undefined;
  const worseBy = quality === "loss" ? own.mean - other.mean : other.mean - own.mean;
  const standardError = Math.hypot(own.standardError, other.standardError);
  return { precision: ours.precision, quality, worseBy, standardError, isAsGood: worseBy <= standardError };
}

function compared({ label, timeTarget }: Job["comparisons"][number], ours: WayResult, peer: WayResult) {
  return {
    label: `${label}: ${ours.precision} against ${peer.precision}`,
    oursMs: Math.round(1000 * ours.seconds),
    peerMs: Math.round(1000 * peer.seconds),
    ratio: ratioOf(ours.seconds, peer.seconds),
    targetRatio: timeTarget,
  };
}

function isOurs({ trainer }: Way): boolean {
  return trainer === "lowrank train";
}

function fastest(ways: readonly WayResult[]): WayResult | undefined {
  return [...ways].sort((one, other) => one.seconds - other.seconds)[0];
}

function rangeOf(runs: WayRuns["runs"]): readonly [number, number] {
  const times = runs.map(({ seconds }) => Math.round(1000 * seconds));
  return [Math.min(...times), Math.max(...times)];
}
