// From the runs of a job to its result, targets compared.

import { median } from "../harness/interleave.ts";
import { ratioOf, rounded } from "../rounding.ts";
import type { JobRun } from "./job-lines.ts";
import { type JobPhase, jobPhases } from "./job-lines.ts";
import type { JobResult, Quality, VariantResult } from "./job-result.ts";
import type { Job, Precision } from "./jobs.ts";

/** All runs of one way to do the job. */
export interface VariantRuns {
  readonly side: "ours" | "peer";
  readonly precision: Precision;
  readonly runs: readonly (JobRun & { readonly peakMemoryMb: number })[];
}

interface Circumstances {
  readonly threads: number;
  readonly processor: string;
  readonly date: string;
  /** Whether the rows were of the data set. */
  readonly isReal: boolean;
}

export function makeJobResult(job: Job, measured: readonly VariantRuns[], where: Circumstances): JobResult {
  const variants = measured.map(summarized);
  const recommended = job.sides.ours.precisions.at(-1);
  const ours = variantOf(variants, "ours", recommended);
  const peer = variants
    .filter(({ side }) => side === "peer")
    .reduce((one, other) => (other.seconds < one.seconds ? other : one));
  const plain = [variantOf(variants, "ours", "float32"), variantOf(variants, "peer", "float32")] as const;
  const [best, float32] = job.comparisons;
  const parts = [compared(best, ours, peer), compared(float32, ...plain)];
  const rssRatio = ratioOf(ours.rssMb, peer.rssMb);
  const qualityMet = isAsGood(job, ours, plain[1]);
  const { label: _, ...first } = compared(best, ours, peer);
  const times = (variant: VariantResult) =>
    rangeOf(measured.find((one) => one.side === variant.side && one.precision === variant.precision));
  const { isReal, ...circumstances } = where;
  return {
    name: job.name,
    work: job.work,
    peer: `${job.sides.peer.by}, ${peer.precision}`,
    ...first,
    parts,
    ...{ oursRssMb: ours.rssMb, peerRssMb: peer.rssMb, rssRatio, targetRssRatio: job.memoryTarget },
    ...(qualityMet === undefined ? {} : { qualityMet }),
    data: isReal ? "real" : "stand-in",
    steps: job.recipe.steps,
    variants,
    rounds: Math.min(...measured.map(({ runs }) => runs.length)),
    ...{ oursRange: times(ours), peerRange: times(peer) },
    versions: {
      ours: { node: process.versions.node },
      peer: measured.find(({ side }) => side === "peer")?.runs[0]?.versions ?? {},
    },
    ...circumstances,
    met:
      parts.every(({ ratio, targetRatio }) => ratio <= (targetRatio ?? Number.POSITIVE_INFINITY)) &&
      rssRatio <= job.memoryTarget &&
      qualityMet !== false,
  };
}

function summarized({ side, precision, runs }: VariantRuns): VariantResult {
  const middle = (value: (run: VariantRuns["runs"][number]) => number) => rounded(median(runs.map(value)));
  const accuracies = runs.flatMap(({ accuracy }) => accuracy ?? []);
  const phases = Object.fromEntries(jobPhases.map((phase) => [phase, middle((run) => run.phases[phase])]));
  return {
    side,
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

/** Undefined with one seed: nobody knows how far seeds lie apart. */
function isAsGood({ quality }: Job, ours: VariantResult, peer: VariantResult): boolean | undefined {
  const [own, other] = [ours[quality], peer[quality]];
  if (own?.standardError === undefined || other?.standardError === undefined) return undefined;
  const worse = quality === "loss" ? own.mean - other.mean : other.mean - own.mean;
  return worse <= Math.hypot(own.standardError, other.standardError);
}

function compared({ label, timeTarget }: Job["comparisons"][number], ours: VariantResult, peer: VariantResult) {
  return {
    label: `${label}: ${ours.precision} against ${peer.precision}`,
    oursMs: Math.round(1000 * ours.seconds),
    peerMs: Math.round(1000 * peer.seconds),
    ratio: ratioOf(ours.seconds, peer.seconds),
    targetRatio: timeTarget,
  };
}

function variantOf(
  variants: readonly VariantResult[],
  side: "ours" | "peer",
  precision: Precision | undefined,
): VariantResult {
  const found = variants.find((one) => one.side === side && one.precision === precision);
  if (found === undefined) throw new Error(`No run of ${side} in ${precision}.`);
  return found;
}

function rangeOf(variant: VariantRuns | undefined): readonly [number, number] {
  const times = variant?.runs.map(({ seconds }) => Math.round(1000 * seconds)) ?? [];
  return [Math.min(...times), Math.max(...times)];
}
