// The values of an adapter that was read from files, in the layout in which they are computed with.

import type { Adapter, AdapterTensor } from "@lowrank/adapter-format";
import { convolutionPairLayout, fromStored, LoraPair, plainLayout, transposedLayout } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import { geometryOf } from "./adapted-site.ts";
import type { ValueSource } from "./build-handle.ts";
import { storedStart } from "./starts.ts";

/** `adapter` must have passed `checkFit`: every tensor is there and has the planned shape. */
export function storedValues(adapter: Adapter, trainable: boolean): ValueSource {
  const stored = (key: string): AdapterTensor => adapter.tensors.get(key)!;
  const pairIn = ({ a, b }: { readonly a: string; readonly b: string }) => ({ a: stored(a), b: stored(b) });
  const vector = (key: string): tf.Tensor => tf.tensor1d(stored(key).values);
  return {
    pair: (entry, name, site) => {
      const { keys, kind, rank } = entry;
      const start = storedStart(entry, site, adapter.config, name);
      const trainsB = adapter.config.init !== "mica";
      const layout =
        kind === "convolution" ? convolutionPairLayout({ ...entry, geometry: geometryOf(site) }, rank) : undefined;
      return LoraPair.fromTorch(pairIn(keys), {
        name,
        kind: kind === "embedding" ? "embedding" : "linear",
        trainable,
        trainsB,
        ...(layout && { layout }),
        ...start,
      });
    },
    magnitude: ({ keys }) => vector(keys.magnitude!),
    bias: ({ keys }) => vector(keys.bias!),
    rawPair: ({ keys }, name) => LoraPair.fromTorch(pairIn(keys), { name, trainable }),
    parameter: ({ key }, { transposedInFile }) =>
      fromStored(stored(key), transposedInFile ? transposedLayout : plainLayout),
    rows: ({ key, shape }) => tf.tensor2d(stored(key).values, [...shape]),
  };
}
