// Exports without a disk: in memory for small models, or piece by piece.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { joinPieces } from "@lowrank/safetensors";
import { planFiles } from "./export-files.ts";
import type { ExportableModel, ExportFile, ExportOptions } from "./exportable-model.ts";

const optionNames: OptionNames<ExportOptions> = {
  source: true,
  tokenizer: true,
  merge: true,
  onRounded: true,
  dtype: true,
  labelNames: true,
  texts: true,
};

/**
 * A model, merged or not, as the files of a Hugging Face folder that transformers loads: weights under the base's names,
 * config.json, tokenizer. Weights without changes are copied byte for byte if the type stays the same.
 *
 * @returns file name → bytes
 * @throws SOURCE_FOLDER, EXPORT_OVERFLOW, UNWRITABLE_TYPE, SafetensorsError
 *
 * @example
 * ```ts
 * import { exportModel, type SourceFolder } from "@lowrank/merge";
 * import { type ExportableModel } from "@lowrank/merge/internal";
 *
 * export async function weightsOf(model: ExportableModel, source: SourceFolder): Promise<Uint8Array | undefined> {
 *   const files = await exportModel(model, { source, dtype: "F16" });
 *   return files.get("model.safetensors");
 * }
 * ```
 */
export async function exportModel(
  model: ExportableModel,
  options: ExportOptions,
): Promise<ReadonlyMap<string, Uint8Array>> {
  refuseUnknownOptions("exportModel", options, optionNames);
  const files = new Map<string, Uint8Array>();
  for await (const { name, contents } of exportFiles(model, options)) files.set(name, await collect(contents()));
  return files;
}

/**
 * The same files one after the other. Each is made while it is written, with one tensor in memory. Read a file's contents before
 * asking for the next file.
 *
 * @throws the same errors as `exportModel`
 */
export async function* exportFiles(
  model: ExportableModel,
  options: ExportOptions,
): AsyncGenerator<ExportFile, void, undefined> {
  refuseUnknownOptions("exportFiles", options, optionNames);
  const plan = await planFiles(model, options);
  try {
    yield* plan.files;
  } finally {
    await plan.close();
  }
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return joinPieces(parts);
}
