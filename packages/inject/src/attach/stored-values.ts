// The values of an adapter that was read from files, in the layout in which they are computed with.

import type { Adapter, AdapterTensor } from "@lowrank/adapter-format";
import type { Site } from "@lowrank/contracts";
import {
  convolutionPairLayout,
  fromStored,
  LoraPair,
  type PairLayout,
  plainLayout,
  transposedLayout,
} from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import { geometryOf } from "../adapted/adapted-site.ts";
import type { ValueSource } from "../parts/value-source.ts";
import type { PlannedSite } from "../planned/injection-plan.ts";
import { storedStart } from "../start/starts.ts";
import { blockLayout } from "../variants/block-pairs.ts";

/** `adapter` must have passed `checkFit`: every tensor is there – but for biases that PEFT lost – and has the planned shape. */
export function storedValues(adapter: Adapter, trainable: boolean): ValueSource {
  const stored = (key: string): AdapterTensor => adapter.tensors.get(key)!;
  const pairIn = ({ a, b }: { readonly a: string; readonly b: string }) => ({ a: stored(a), b: stored(b) });
  const vector = (key: string): tf.Tensor1D => tf.tensor1d(stored(key).values);
  return {
    pair: (entry, name, site) => {
      const { keys, kind } = entry;
      const start = storedStart(entry, site, adapter.config, name);
      const trainsB = adapter.config.init !== "mica";
      const layout = layoutOf(entry, site);
      return LoraPair.fromTorch(pairIn(keys), {
        name,
        kind: kind === "embedding" ? "embedding" : "linear",
        trainable,
        trainsB,
        ...(layout && { layout }),
        ...(keys.diagonal === undefined ? {} : { diagonal: vector(keys.diagonal) }),
        ...start,
      });
    },
    magnitude: ({ keys }) => vector(keys.magnitude!),
    bias: ({ keys }) => vector(keys.bias!),
    rawPair: ({ keys }, name) => LoraPair.fromTorch(pairIn(keys), { name, trainable }),
    parameter: ({ key }, parameter) => {
      const tensor = adapter.tensors.get(key);
      // A bias that PEFT lost.
      if (tensor === undefined) return parameter.read();
      return fromStored(tensor, parameter.transposedInFile ? transposedLayout : plainLayout);
    },
    rows: ({ key, shape }) => tf.tensor2d(stored(key).values, [...shape]),
  };
}

/** How the halves lie in files, where they are not two matrices stored the other way round. */
function layoutOf(entry: PlannedSite, site: Site): PairLayout | undefined {
  if (entry.kind === "convolution") return convolutionPairLayout({ ...entry, geometry: geometryOf(site) }, entry.rank);
  return entry.blocks && blockLayout(entry.blocks);
}
