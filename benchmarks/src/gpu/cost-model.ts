// How long a step would take on GPUs that nobody here has: a model, not a measurement.

/** A GPU as its maker describes it. */
interface Gpu {
  readonly name: string;
  readonly gigabytesPerSecond: number;
  readonly teraflops: number;
}

const gpus: readonly Gpu[] = [
  { name: "Apple M2", gigabytesPerSecond: 100, teraflops: 3.6 },
  { name: "Intel Arc B580", gigabytesPerSecond: 456, teraflops: 13.7 },
  { name: "NVIDIA RTX 4060", gigabytesPerSecond: 272, teraflops: 15.1 },
];

/** llama.cpp's WebGPU backend multiplies at 1.8–2.1 TFLOPS on an Arc B580, at 0.35–0.9 on an M2: about 15 % of the maker's number. */
const reachedShare = 0.15;
/** Time of the host and the driver for one dispatch, in milliseconds; about what Chrome needs. */
const millisecondsADispatch = 0.01;

/** What a step asks of a GPU. */
export interface StepCost {
  readonly gflop: number;
  /** Bytes that its dispatches move. */
  readonly bytes: number;
  readonly dispatches: number;
}

export interface Prediction {
  readonly gpu: string;
  readonly predictedMs: number;
}

/** Arithmetic and memory one after the other, since few kernels overlap them; or the host's time, if that is longer. */
export function predict({ gflop, bytes, dispatches }: StepCost): readonly Prediction[] {
  return gpus.map(({ name, gigabytesPerSecond, teraflops }) => {
    const computing = gflop / (teraflops * reachedShare);
    const moving = bytes / (gigabytesPerSecond * 1e6);
    return { gpu: name, predictedMs: Math.max(computing + moving, dispatches * millisecondsADispatch) };
  });
}

/** The cost of some layers and of what is outside them, from the costs with one layer and with two. */
export function withLayers<Cost extends Readonly<Record<string, number>>>(one: Cost, two: Cost, layers: number): Cost {
  return combined(one, two, (first, layer) => first + (layers - 1) * layer);
}

/** The cost of a layer alone. */
export function ofLayer<Cost extends Readonly<Record<string, number>>>(one: Cost, two: Cost): Cost {
  return combined(one, two, (_, layer) => layer);
}

/** `few`, and some times the difference between `more` tokens and these. Attention's square of the tokens is left out. */
export function withTokens<Cost extends Readonly<Record<string, number>>>(few: Cost, more: Cost, times: number): Cost {
  return combined(few, more, (first, difference) => first + times * difference);
}

function combined<Cost extends Readonly<Record<string, number>>>(
  one: Cost,
  two: Cost,
  combine: (first: number, layer: number) => number,
): Cost {
  const entries = Object.entries(one).map(([name, first]) => [name, combine(first, (two[name] ?? first) - first)]);
  return Object.fromEntries(entries) as Cost;
}
