// Errors of writing a model.

import { enumerated, failure } from "@lowrank/contracts/internal";

/** A weight has values that the chosen type cannot store. Export as BF16 or F32. */
export function exportOverflowError(tensor: string, dtype: string, options?: { readonly cause?: unknown }) {
  return failure(
    "EXPORT_OVERFLOW",
    `"${tensor}" has values that ${dtype} cannot store: they would become infinite. Export as BF16 or F32.`,
    { tensor, dtype, ...options },
  );
}

/** A changed tensor cannot be written in this type. Export as F32, F16 or BF16. */
export function unwritableTypeError(tensor: string, dtype: string) {
  return failure(
    "UNWRITABLE_TYPE",
    `"${tensor}" was changed and cannot be written as ${dtype}. Export as F32, F16 or BF16.`,
    { tensor, dtype },
  );
}

/** The folder to export from does not have the model's weights. Give a folder with safetensors weights of this model. */
export function sourceFolderError(folder: string, problem: string, options?: { readonly cause?: unknown }) {
  return failure("SOURCE_FOLDER", `${folder}: ${problem}`, { folder, ...options });
}

/** The output folder is, or contains, a folder that is read. Choose another folder. */
export function outputIsSourceError(
  folder: string /** The folder that is read: of the base or of the tokenizer. */,
  source: string,
) {
  return failure(
    "OUTPUT_IS_SOURCE",
    `Cannot write the merged model into "${folder}": it is or contains "${source}", which is read. ` +
      "Choose another folder.",
    { folder, source },
  );
}

/** config.json of this family cannot describe layers repeated in this order. Save the adapter instead. */
export function repeatedLayersError(modelType: string, order: readonly number[]) {
  return failure(
    "REPEATED_LAYERS",
    `A config.json of type ${modelType} cannot describe a model of the base's layers ${enumerated(order)}: ` +
      "local attention or positions without rotation would be in other layers. Save the adapter instead.",
    { modelType, order },
  );
}
