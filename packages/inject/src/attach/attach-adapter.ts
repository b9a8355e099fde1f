// Attaches an existing adapter. All differences to the model are found before anything changes.

import { type Adapter, currentAdapter } from "@lowrank/adapter-format";
import type { AdapterTensor } from "@lowrank/adapter-format/internal";
import type { AdaptableModel, WarningListener } from "@lowrank/contracts";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { LoraMatrices } from "@lowrank/math";
import { fromStored, plainLayout, transposedLayout } from "@lowrank/math/internal";
import * as tf from "@tensorflow/tfjs-core";
import { checkFit } from "../fit/check-fit.ts";
import { withCurrentStacks } from "../fit/current-stacks.ts";
import type { AdapterContents } from "../handle/adapter-contents.ts";
import type { AdapterHandle } from "../handle/adapter-handle.ts";
import { baseFingerprintKey } from "../handle/base-fingerprint.ts";
import { type BuildOptions, buildContents, buildHandle } from "../handle/build-handle.ts";
import { storedBaseChange } from "../init/inits.ts";
import type { ValueSource } from "../parts/value-source.ts";
import { factorKey, factorSpecs } from "../variants/factor-specs.ts";

/** Options of `attachAdapter`. */
export interface AttachOptions {
  /** Default "default". */
  readonly name?: string;
  /** Whether it will be trained further. Default false. */
  readonly trainable?: boolean;
  /** Fingerprint of this model, compared with the one in the adapter's metadata, if it has one. */
  readonly baseFingerprint?: string;
  /** Attach even if the fingerprints differ. Shapes must fit anyway. Default false. */
  readonly allowDifferentBase?: boolean;
  readonly onWarning?: WarningListener;
}

export const storedNames: OptionNames<Omit<AttachOptions, "name">> = {
  trainable: true,
  baseFingerprint: true,
  allowDifferentBase: true,
  onWarning: true,
};
const optionNames: OptionNames<AttachOptions> = { name: true, ...storedNames };

/**
 * Attaches an adapter that was read from files.
 *
 * @throws DifferentBaseError if fingerprints or widths show another base, VocabularyMismatchError for other tokens, else
 * AdapterMismatchError: each with all differences; errors of `planInjection` for the configuration, and SEVERAL_PROBLEMS for
 * both; INVALID_ADAPTER_NAME, ADAPTER_EXISTS. The model is unchanged then.
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
  refuseUnknownOptions("attachAdapter", options, optionNames);
  return buildHandle(model, storedOptions(model, adapter, options));
}

/** The variables of an adapter that fits, not attached yet. */
export function storedContents(model: AdaptableModel, adapter: Adapter, options: AttachOptions): AdapterContents {
  return buildContents(model, storedOptions(model, adapter, options));
}

function storedOptions(model: AdaptableModel, storedAdapter: Adapter, options: AttachOptions): BuildOptions {
  const modules = model.sites().map(({ path }) => path);
  const parameters = model.parameters().map(({ path }) => path);
  const adapter = currentAdapter(withCurrentStacks(model, storedAdapter), { modules, parameters }, options.onWarning);
  const { name = "default", trainable = false } = options;
  const baseFingerprint = options.baseFingerprint ?? adapter.metadata.get(baseFingerprintKey);
  const plan = checkFit(model, adapter, options);
  return {
    name,
    plan,
    trainable,
    values: storedValues(adapter, trainable),
    ...(baseFingerprint === undefined ? {} : { baseFingerprint }),
  };
}

/** `adapter` must have passed `checkFit`: all tensors except biases that PEFT lost exist and have the planned shapes. */
function storedValues(adapter: Adapter, trainable: boolean): ValueSource {
  const stored = (key: string): AdapterTensor => adapter.tensors.get(key)!;
  const storedMatrices = ({ a, b }: { readonly a: string; readonly b: string }) => ({ a: stored(a), b: stored(b) });
  return {
    lora: (entry, name, site) => {
      const { path, kind } = entry;
      const { config } = adapter;
      const factors = factorSpecs(site, entry, config);
      return LoraMatrices.fromStored(
        factors.map((factor) => stored(factorKey(path, factor))),
        { name, kind, factors, trainable, baseChange: storedBaseChange(entry, site, config, name) },
      );
    },
    vector: ({ key }) => tf.tensor1d(stored(key).values),
    parameterLora: ({ keys }, name) =>
      LoraMatrices.fromTorch(storedMatrices(keys), { name, kind: "parameter", trainable }),
    parameterCopy: ({ key }, parameter) => {
      const tensor = adapter.tensors.get(key);
      // A bias that PEFT lost.
      if (tensor === undefined) return parameter.read();
      return fromStored(tensor, parameter.transposedInFile ? transposedLayout : plainLayout);
    },
    rows: ({ key, shape }) => tf.tensor2d(stored(key).values, [...shape]),
  };
}
