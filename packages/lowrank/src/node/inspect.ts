// Inspects a path, or a folder in memory.

import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { LowrankError } from "@lowrank/contracts";
import { diskFolder } from "@lowrank/merge/node";
import { checkArgument } from "../check-argument.ts";
import { notInspectable } from "../errors/model-errors.ts";
import { PathNotFoundError } from "../errors/usage-errors.ts";
import { inspectWeights } from "../inspect/inspect-adapter.ts";
import { inspectFolder } from "../inspect/inspect-folder.ts";
import { inspectGguf } from "../inspect/inspect-gguf.ts";
import type { Inspection } from "../inspect/inspection.ts";
import { folderOf } from "../open/model-source.ts";
import type { ModelInput } from "../platform.ts";
import { openGgufFile } from "./files-next-to.ts";

/**
 * Inspects an adapter's folder or file, a Hugging Face model folder, a .safetensors or a .gguf file: names, shapes, types and
 * configuration, and for an adapter the base that it fits. Reads no model weights and starts no engine. In a web page:
 * `inspect` of "lowrank/browser".
 *
 * @throws PathNotFoundError, NOT_INSPECTABLE; for a damaged one MODEL_FILE, SafetensorsError, GgufError, or what
 * `readAdapterIn` of @lowrank/adapter-format throws
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
export async function inspect(input: ModelInput): Promise<Inspection> {
  checkArgument("inspect", "model", input);
  if (typeof input !== "string") return inspectFolder(await folderOf(input));
  const entry = await stat(input).catch(() => undefined);
  if (entry === undefined) throw new PathNotFoundError("inspect", input, "a folder or a file");
  if (entry.isDirectory()) return inspectFolder(diskFolder(input));
  if (input.endsWith(".gguf")) return inspectGguf(await openGgufFile(input), input);
  try {
    const folder = diskFolder(dirname(input));
    return await inspectWeights(folder, basename(input), input);
  } catch (error) {
    // Files of a cache have no extension, so their content decides.
    if (input.endsWith(".safetensors") || !LowrankError.isInstance(error)) throw error;
    throw notInspectable(input, error);
  }
}
