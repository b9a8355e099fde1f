// What a path is, found out and read.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { NotInspectableError } from "../errors/model-errors.ts";
import { PathNotFoundError } from "../errors/usage-errors.ts";
import { exists } from "../node/exists.ts";
import { inspectAdapter } from "./inspect-adapter.ts";
import { inspectGguf } from "./inspect-gguf.ts";
import { inspectModel } from "./inspect-model.ts";
import { inspectSafetensors } from "./inspect-safetensors.ts";
import type { Inspection } from "./inspection.ts";

/**
 * What is in a PEFT adapter folder, a Hugging Face model folder, a .safetensors or a .gguf file: names, shapes, types and
 * configuration; of an adapter, which base it fits. Weights of models are not read, and no engine starts.
 *
 * @throws PathNotFoundError, NotInspectableError; for a damaged one ModelFileError, SafetensorsError, GgufError, or what
 * `readAdapterFolder` of @lowrank/adapter-format throws
 *
 * @example
 * ```ts
 * import { inspect } from "lowrank";
 *
 * const found = await inspect("node_modules/@lowrank/tiny-model/model");
 * if (found.kind !== "model" || found.task !== "causal-lm") throw new Error("not what it was");
 * console.log(found.parameters, found.tensors[0]?.shape, found.understood?.layers);
 * ```
 */
export async function inspect(path: string): Promise<Inspection> {
  const entry = await stat(path).catch(() => undefined);
  if (entry === undefined) throw new PathNotFoundError("inspect", path, "a folder or a file");
  if (!entry.isDirectory()) return path.endsWith(".gguf") ? inspectGguf(path) : inspectSafetensors(path);
  if (await exists(join(path, "adapter_config.json"))) return inspectAdapter(path);
  if (await exists(join(path, "config.json"))) return inspectModel(path);
  throw new NotInspectableError(path);
}
