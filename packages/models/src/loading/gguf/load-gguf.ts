// From a GGUF file to a model: the configuration stands in its metadata.

import { refuseUnknownOptions } from "@lowrank/contracts";
import { checkConfig, resolveTask } from "@lowrank/families";
import { configFromGguf, ggufTableOf } from "@lowrank/families/gguf";
import { type GgufSource, openGguf } from "@lowrank/gguf";
import { AdapterAsModelError, RefusedTensorError } from "../../errors.ts";
import { defaultsOf } from "../../folder/generation-defaults.ts";
import { outlineModel } from "../../outline/outline-model.ts";
import type { PretrainedModel } from "../../pretrained-model.ts";
import { fillModel } from "../fill-model.ts";
import { withLabels } from "../load-model.ts";
import { type LoadOptions, loadOptionNames } from "../load-options.ts";
import { ggufWeights } from "./gguf-weights.ts";

/**
 * Loads a GGUF file (architecture "llama"; F32, F16, BF16, Q8_0, Q4_0 and Q4_1 tensors) as a base model in its own
 * right. Weights are dequantised to float32, unless `basePrecision` asks for fewer bits. The source stays the caller's to
 * close.
 *
 * @throws GgufError; AdapterAsModelError; RefusedTensorError for tensors that change the computation in a way that is not handled; and what
 * `loadModel` throws once the configuration is known.
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
    throw new AdapterAsModelError(source.name, file.metadata.get("general.architecture"));
  const table = ggufTableOf(file.metadata, source.name);
  const raw = configFromGguf(file.metadata, new Set(file.tensors.keys()), source.name);
  const config = withLabels(checkConfig(raw, options.onWarning, source.name), options.numLabels);
  for (const [name, reason] of table.refusedTensors) {
    if (file.tensors.has(name)) throw new RefusedTensorError(source.name, name, reason);
  }
  const outline = outlineModel({ config, task: resolveTask(config, options.task) });
  const settings = { options, initializerRange: 0.02, generation: defaultsOf(config) };
  return fillModel(outline, ggufWeights({ table, config, file, source }), settings);
}
