// How long a step would take on GPUs that nobody here has: a model, not a measurement.

/** As their makers describe them. */
const gpus = [
  { name: "Apple M2", gigabytesPerSecond: 100, teraflops: 3.6 },
  { name: "Intel Arc B580", gigabytesPerSecond: 456, teraflops: 13.7 },
  { name: "NVIDIA RTX 4060", gigabytesPerSecond: 272, teraflops: 15.1 },
] as const;

/** llama.cpp's WebGPU backend multiplies at 1.8–2.1 TFLOPS on an Arc B580, at 0.35–0.9 on an M2: about 15 % of the maker's number. */
const reachedShare = 0.15;
/** The host's and the driver's time for one dispatch: about what Chrome needs. */
const millisecondsADispatch = 0.01;

/** The work of the GPU in a step; names as in `GpuCounts`. */
export type StepCost = Readonly<Record<string, number>>;

/**
 * Milliseconds by GPU: arithmetic ("gflop") and memory ("bytesBound") one after the other, since few kernels overlap them; or the host's
 * time for the "dispatches", if that is longer.
 */
export function predict({ gflop = 0, bytesBound = 0, dispatches = 0 }: StepCost): Readonly<Record<string, number>> {
  const timeOn = ({ gigabytesPerSecond, teraflops }: (typeof gpus)[number]) =>
    gflop / (teraflops * reachedShare) + bytesBound / (gigabytesPerSecond * 1e6);
  return Object.fromEntries(gpus.map((gpu) => [gpu.name, Math.max(timeOn(gpu), dispatches * millisecondsADispatch)]));
}

/** `first`, and some times the difference from it to `second`. */
export function extrapolate(first: StepCost, second: StepCost, times: number): StepCost {
  const difference = differenceOf(first, second);
  return Object.fromEntries(
    Object.entries(first).map(([name, cost]) => [name, cost + times * (difference[name] ?? 0)]),
  );
}

export function differenceOf(first: StepCost, second: StepCost): StepCost {
  return Object.fromEntries(Object.entries(second).map(([name, cost]) => [name, cost - (first[name] ?? 0)]));
}
