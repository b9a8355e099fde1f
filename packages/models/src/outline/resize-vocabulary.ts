// A vocabulary of another size (transformers' `resize_token_embeddings`): token tables, the heads over them and their biases
// get new weights; everything else is shared with the original model.

import type { Part } from "@lowrank/engine/hook-points";
import type { NewRows } from "@lowrank/engine/hook-points/internal";
import { ArgumentError } from "@lowrank/engine/internal";
import { vocabularyError } from "../errors.ts";
import { type ModelAssembly, outlineModel } from "./outline-model.ts";

const largestVocabulary = 16_777_216;

/** Throws VOCABULARY; nothing stays in memory then. */
export function resizeVocabulary(assembly: ModelAssembly, size: number, newRows: NewRows): ModelAssembly {
  checkSize(assembly, size);
  checkUnchanged(assembly, size);
  const { config, task } = assembly;
  const outline = outlineModel({ config: { ...config, vocabularySize: size }, task });
  try {
    // The same family table made both lists, in module order: an embedding comes before a head that is tied to it.
    for (const [index, part] of outline.parts.entries()) fillFrom(part, assembly.parts[index]!, newRows);
  } catch (cause) {
    for (const part of outline.parts) part.dispose();
    if (cause instanceof ArgumentError) throw vocabularyError(size, reasonOf(cause), { cause });
    throw cause;
  }
  return {
    ...assembly,
    config: outline.plan.config,
    parts: outline.parts,
    backbone: outline.backbone,
    head: outline.head,
    resizedFrom: assembly.resizedFrom ?? config.vocabularySize,
  };
}

function checkSize(
  { config: { vocabularySize, perLayerSize, padTokenId, modelType } }: ModelAssembly,
  size: number,
): void {
  if (perLayerSize > 0)
    throw vocabularyError(size, `a model of type ${modelType} has a second table of tokens, which is not resized`);
  if (vocabularySize === 0) throw vocabularyError(size, `a model of type ${modelType} has no token embedding`);
  if (!Number.isInteger(size) || size < 1 || size > largestVocabulary)
    throw vocabularyError(size, `it must be a whole number from 1 to ${largestVocabulary}`);
  if (padTokenId !== null && padTokenId < vocabularySize && padTokenId >= size)
    throw vocabularyError(size, `the padding token, ${padTokenId}, would be lost`);
}

/** Adapters have the old tables' sizes, and an export would not know of merged weights. */
function checkUnchanged({ parts }: ModelAssembly, size: number): void {
  if (!parts.some(({ isChanged }) => isChanged)) return;
  throw vocabularyError(
    size,
    "an adapter is attached to the model or merged into it; resize first, then attach (detach it or undo the merge " +
      "now, or write the merged model and load it)",
  );
}

function fillFrom(part: Part, original: Part, newRows: NewRows): void {
  if (part.resizeFrom === undefined) part.shareFrom(original);
  else part.resizeFrom(original, newRows);
}

function reasonOf({ got }: ArgumentError): string {
  return `its embeddings are stored in ${String(got)}; load the base model with basePrecision "float32" or "bf16"`;
}
