// Runs both sides of a benchmark once more, one after the other, with a clock around every operation.

import type { Benchmark } from "../benchmark.ts";
import { Contender } from "../harness/contender.ts";
import type { Turn } from "../harness/interleave.ts";
import { processorName } from "../harness/process-facts.ts";
import { type ProgramOptions, programOf } from "../harness/program-of.ts";
import { warmUp } from "../harness/warm-up.ts";
import { median } from "../rounding.ts";
import { shapeOf } from "../settings.ts";
import type { ProfiledStep } from "./operation-time.ts";
import { flopOf, type WorkPart, workPartOf, workParts } from "./work-parts.ts";

/** How the time of a step is spent, on one side. */
export interface SideProfile {
  readonly by: string;
  readonly milliseconds: number;
  /** Milliseconds of each part, in the order of `workParts`; parts that took nothing are absent. */
  readonly parts: Readonly<Partial<Record<WorkPart, number>>>;
  /** Floating-point operations a second that products with frozen matrices reach, in GFLOPS; absent without any. */
  readonly gflops?: number;
}

export interface Profile {
  readonly name: string;
  /** The name of the benchmark's comparison that was profiled. */
  readonly label: string;
  readonly sides: readonly SideProfile[];
  /** Medians of parts of our work, where it has no operations to profile. */
  readonly phases?: readonly { readonly label: string; readonly milliseconds: number }[];
  readonly processor: string;
  readonly threads: number;
  readonly date: string;
}

const [minWarmUp, steps] = [2, 5];

/** The benchmark's first comparison, ours and the peer's. */
export async function profileBenchmark(benchmark: Benchmark, options: ProgramOptions): Promise<Profile> {
  const [{ label, ours, peer }] = benchmark.comparisons;
  const about = { name: benchmark.name, processor: processorName(), threads: options.threads };
  const date = new Date().toISOString();
  if (benchmark.phases !== undefined) {
    return { ...about, label: "parts", sides: [], phases: await timePhases(benchmark, options), date };
  }
  const sides: SideProfile[] = [];
  for (const turn of ours.contender === peer.contender ? [ours] : [ours, peer]) {
    sides.push(await profileSide(benchmark, turn, options));
  }
  return { ...about, label, sides, date };
}

async function timePhases({ name, sides, phases = [] }: Benchmark, options: ProgramOptions) {
  if (sides.ours === undefined) throw new Error(`${name} has no side "ours"`);
  const contender = await Contender.start(`${name}, ours`, await programOf(sides.ours, options));
  const times = phases.map((): number[] => []);
  try {
    for (let round = 0; round < minWarmUp + 2 * steps; round++) {
      for (const [index, { step }] of phases.entries()) {
        const milliseconds = await contender.run(step);
        if (round >= minWarmUp) times[index]?.push(milliseconds);
      }
    }
  } finally {
    contender.end();
  }
  return phases.map(({ label }, index) => ({ label, milliseconds: median(times[index] ?? []) }));
}

async function profileSide(benchmark: Benchmark, turn: Turn, options: ProgramOptions): Promise<SideProfile> {
  const side = benchmark.sides[turn.contender];
  if (side === undefined) throw new Error(`${benchmark.name} has no side "${turn.contender}"`);
  const contender = await Contender.start(`${benchmark.name}, ${turn.contender}`, await programOf(side, options));
  try {
    await warmUp(() => contender.run(turn.step), { warmUp: minWarmUp, ...(options.tiny ? { maxWarmUp: 4 } : {}) });
    const step = await contender.profile(turn.step, options.tiny ? 1 : steps);
    const { config } = shapeOf({ ...side.settings, tiny: options.tiny });
    const by = contender.versions.engine === undefined ? side.by : `lowrank on ${contender.versions.engine}`;
    return { by, ...summarised(step, Number(config.vocab_size)) };
  } finally {
    contender.end();
  }
}

/** Adds operations up to parts; the remaining time is between them. */
export function summarised(step: ProfiledStep, vocabulary: number): Omit<SideProfile, "by"> {
  const parts: Partial<Record<WorkPart, number>> = {};
  let flop = 0;
  let between = step.milliseconds;
  for (const operation of step.operations) {
    const part = workPartOf(operation, vocabulary);
    parts[part] = (parts[part] ?? 0) + operation.milliseconds;
    between -= operation.milliseconds;
    if (part === "products with frozen matrices") flop += flopOf(operation);
  }
  parts["between the operations"] = Math.max(0, between);
  const products = parts["products with frozen matrices"];
  return {
    milliseconds: step.milliseconds,
    parts: Object.fromEntries(workParts.flatMap((part) => (parts[part] === undefined ? [] : [[part, parts[part]]]))),
    ...(products === undefined ? {} : { gflops: flop / products / 1e6 }),
  };
}
