// From a GGUF file to a model: the configuration is in its metadata.

import { checkConfig, resolveTask } from "@lowrank/contracts/families";
import { ggufTableOf } from "@lowrank/contracts/families/gguf";
import { refuseUnknownOptions } from "@lowrank/contracts/internal";
import { openGguf } from "@lowrank/gguf";
import type { GgufSource } from "@lowrank/gguf/internal";
import { adapterAsModelError } from "../../errors.ts";
import { defaultsOf } from "../../folder/generation-defaults.ts";
import { outlineModel } from "../../outline/outline-model.ts";
import type { PretrainedModel } from "../../pretrained-model.ts";
import { fillModel } from "../fill-model.ts";
import { joinWeights } from "../joined-weights.ts";
import { withLabels } from "../load-model.ts";
import { type LoadOptions, loadOptionNames } from "../load-options.ts";
import { splitWeights } from "../split-weights.ts";
import { ggufWeights } from "./gguf-weights.ts";
import { readGgufConfig } from "./read-gguf-config.ts";

/**
 * Loads a GGUF file (architectures of `@lowrank/contracts/families/gguf`; tensors of all types among `dequantizableTypes` of `@lowrank/gguf`) as a
 * base model in its own right. Weights are dequantized to float32, unless `basePrecision` has fewer bits. The source stays the caller's to
 * close.
 *
 * @throws GgufError; ADAPTER_AS_MODEL; UNSUPPORTED_ARCHITECTURE; and what `loadModel` throws once the configuration is known.
 *
 * @example
 * ```ts
 * import { loadGguf } from "@lowrank/models";
 *
 * const notGguf = { name: "text", size: 8, read: async () => new TextEncoder().encode("not GGUF") };
 * const error = await loadGguf(notGguf).catch((reason: unknown) => reason);
 * if (!(error instanceof Error) || !("code" in error)) throw new Error("text was loaded as a model");
 * ```
 */
export async function loadGguf(source: GgufSource, options: LoadOptions = {}): Promise<PretrainedModel> {
  refuseUnknownOptions("loadGguf", options, loadOptionNames);
  options.signal?.throwIfAborted();
  const file = await openGguf(source);
  if (file.metadata.get("general.type") === "adapter")
    throw adapterAsModelError(source.name, file.metadata.get("general.architecture"));
  const table = ggufTableOf(file.metadata, source.name);
  const raw = await readGgufConfig(file, source.name);
  const config = withLabels(checkConfig(raw, options.onWarning, source.name), options);
  const outline = outlineModel({ config, task: resolveTask(config, options.task) });
  const settings = { options, initializerRange: 0.02, generation: defaultsOf(config) };
  const weights = joinWeights(splitWeights(await ggufWeights({ table, config, file, source }), config), config);
  return fillModel(outline, weights, settings);
}
