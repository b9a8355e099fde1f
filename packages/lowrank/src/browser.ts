// lowrank as a library for web pages. For Node: "lowrank".

import { checkArgument } from "./check-argument.ts";
import { inspectFolder } from "./inspect/inspect-folder.ts";
import type { Inspection } from "./inspect/inspection.ts";
import { openModelOn } from "./open-on.ts";
import type { OpenedModel } from "./opened-model.ts";
import type { OpenModelOptions } from "./options.ts";
import { browserPlatform, folderAt } from "./page/browser-platform.ts";
import type { ModelInput } from "./platform.ts";

/**
 * Opens a pretrained model: the URL of a Hugging Face folder, a name on the Hugging Face Hub, a folder that the user chose
 * (`showDirectoryPicker()`), `File`s of an `<input type="file">`, or a `ModelFolder`. The caller disposes of the model.
 *
 * @throws MODEL_FILE; CLASSIFIER_MISSING, HEAD_INCOMPLETE, ADAPTER_TASK; and what `loadModel` of @lowrank/models
 * and `chooseEngine` of @lowrank/engine throw.
 *
 * @example
 * ```ts
 * import { openModel } from "lowrank/browser";
 *
 * export async function answer(files: readonly File[], prompt: string): Promise<string> {
 *   const model = await openModel(files);
 *   return model.generate(prompt, { maxNewTokens: 20 });
 * }
 * ```
 */
export function openModel(source: ModelInput, options: OpenModelOptions = {}): Promise<OpenedModel> {
  return openModelOn(browserPlatform, source, options);
}

/**
 * Inspects an adapter's folder, a Hugging Face model folder, a .safetensors or a .gguf file, with the same input as `openModel`:
 * names, shapes, types and configuration, and for an adapter the base that it fits. Model weights are not read.
 *
 * @throws NOT_INSPECTABLE; for damaged files MODEL_FILE, SafetensorsError, GgufError, or what `readAdapterIn` of
 * @lowrank/adapter-format throws
 *
 * @example
 * ```ts
 * import { inspect } from "lowrank/browser";
 *
 * export async function parametersOf(files: readonly File[]): Promise<number> {
 *   return (await inspect(files)).parameters;
 * }
 * ```
 */
export async function inspect(input: ModelInput): Promise<Inspection> {
  checkArgument("inspect", "model", input);
  return inspectFolder(await folderAt(input, {}));
}

export * from "./everywhere.ts";
