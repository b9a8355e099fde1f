// An adapter that exists already: every difference to the model is found first, all of them, before anything changes.

import type { Adapter } from "@lowrank/adapter-format";
import type { AdaptableModel, WarningListener } from "@lowrank/contracts";
import { fromTorchLayout, LoraPair } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import type { AdapterHandle } from "./adapter-handle.ts";
import { baseFingerprintKey } from "./base-fingerprint.ts";
import { buildHandle } from "./build-handle.ts";
import { checkFit } from "./check-fit.ts";
import { storedStart } from "./starts.ts";

/** How an adapter is attached. */
export interface AttachOptions {
  /** Default "default". */
  readonly name?: string;
  /** Whether it will be trained further. Default false. */
  readonly trainable?: boolean;
  /** Fingerprint of the model at hand, compared with the one in the adapter's metadata if it has one. */
  readonly baseFingerprint?: string;
  /** Attach even if the fingerprints differ; shapes must fit all the same. Default false. */
  readonly allowDifferentBase?: boolean;
  readonly onWarning?: WarningListener;
}

/**
 * Attaches an adapter that was read from files.
 *
 * @throws DifferentBaseError if fingerprints or widths show another base; AdapterMismatchError with every other
 * difference; InvalidAdapterNameError, AdapterExistsError. The model is unchanged then.
 *
 * @example
 * ```ts
 * import type { Adapter } from "@lowrank/adapter-format";
 * import type { AdaptableModel } from "@lowrank/contracts";
 * import { attachAdapter } from "@lowrank/inject";
 *
 * export function useAdapter(model: AdaptableModel, adapter: Adapter) {
 *   return attachAdapter(model, adapter, { name: "support-desk" });
 * }
 * ```
 */
export function attachAdapter(model: AdaptableModel, adapter: Adapter, options: AttachOptions = {}): AdapterHandle {
  const { name = "default", trainable = false } = options;
  const baseFingerprint = options.baseFingerprint ?? adapter.metadata.get(baseFingerprintKey);
  const plan = checkFit(model, adapter, options);
  return buildHandle(model, {
    name,
    plan,
    trainable,
    values: {
      pair: (entry, variableName, site) => {
        const { keys, kind } = entry;
        const stored = { a: adapter.tensors.get(keys.a)!, b: adapter.tensors.get(keys.b)! };
        const initial = storedStart(entry, site, adapter.config, variableName);
        const trainsB = adapter.config.init !== "mica";
        return LoraPair.fromTorch(stored, {
          name: variableName,
          kind,
          trainable,
          trainsB,
          ...(initial && { initial }),
        });
      },
      parameter: ({ key }, { transposedInFile, shape }) => {
        const stored = adapter.tensors.get(key)!;
        return transposedInFile ? fromTorchLayout(stored) : tf.tensor(stored.values, [...shape]);
      },
    },
    ...(baseFingerprint === undefined ? {} : { baseFingerprint }),
  });
}
