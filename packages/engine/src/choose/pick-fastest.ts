import type { EngineName } from "../engines/facts.ts";
import type { SkippedEngine } from "./explain-failure.ts";
import type { MatMulSpeed } from "./measure-mat-mul.ts";

/** An engine that runs, and how fast. */
interface TimedEngine {
  readonly name: EngineName;
  readonly speed: MatMulSpeed;
}

/** A later engine must be this much faster than an earlier one, which needs less memory: timings vary from run to run. */
const clearlyFaster = 1.1;

/** The engine to take, and for each other one the two speeds that speak against it. */
export function pickFastest<T extends TimedEngine>(
  first: T,
  others: readonly T[],
): { readonly fastest: T; readonly skipped: readonly SkippedEngine[] } {
  const fastest = others.reduce(
    (best, each) => (each.speed.gflops > best.speed.gflops * clearlyFaster ? each : best),
    first,
  );
  const slower = [first, ...others].filter((each) => each !== fastest);
  return { fastest, skipped: slower.map((each) => ({ name: each.name, reason: comparison(each, fastest) })) };
}

function comparison({ speed: { shape, gflops } }: TimedEngine, fastest: TimedEngine): string {
  const closeness = gflops > fastest.speed.gflops ? ", not a clear difference" : "";
  return `it runs, but multiplies ${shape.join(" × ")} at ${gflops.toFixed(0)} GFLOPS and ${fastest.name} at ${fastest.speed.gflops.toFixed(0)}${closeness}`;
}
