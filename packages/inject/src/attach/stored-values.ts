// The values of an adapter that was read from files, in the layout in which they are computed with.

import type { Adapter, AdapterTensor } from "@lowrank/adapter-format";
import { fromStored, LoraPair, plainLayout, transposedLayout } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import type { ValueSource } from "../parts/value-source.ts";
import { storedBeside } from "../start/starts.ts";
import { factorKey, pairFactors } from "../variants/pair-factors.ts";

/** `adapter` must have passed `checkFit`: every tensor is there – but for biases that PEFT lost – and has the planned shape. */
export function storedValues(adapter: Adapter, trainable: boolean): ValueSource {
  const stored = (key: string): AdapterTensor => adapter.tensors.get(key)!;
  const pairIn = ({ a, b }: { readonly a: string; readonly b: string }) => ({ a: stored(a), b: stored(b) });
  return {
    pair: (entry, name, site) => {
      const { path, kind } = entry;
      const { config } = adapter;
      const factors = pairFactors(site, entry, config);
      return LoraPair.fromStored(
        factors.map((factor) => stored(factorKey(path, factor))),
        { name, kind, factors, trainable, beside: storedBeside(entry, site, config, name) },
      );
    },
    vector: ({ key }) => tf.tensor1d(stored(key).values),
    rawPair: ({ keys }, name) => LoraPair.fromTorch(pairIn(keys), { name, kind: "parameter", trainable }),
    parameter: ({ key }, parameter) => {
      const tensor = adapter.tensors.get(key);
      // A bias that PEFT lost.
      if (tensor === undefined) return parameter.read();
      return fromStored(tensor, parameter.transposedInFile ? transposedLayout : plainLayout);
    },
    rows: ({ key, shape }) => tf.tensor2d(stored(key).values, [...shape]),
  };
}
