// Errors of writing a model.

import { enumerated, LowrankError } from "@lowrank/contracts";

/** A weight has values that the chosen type cannot store. Export as BF16 or F32. */
export class ExportOverflowError extends LowrankError {
  constructor(
    readonly tensor: string,
    readonly dtype: string,
    options?: { readonly cause?: unknown },
  ) {
    super(
      "EXPORT_OVERFLOW",
      `"${tensor}" has values that ${dtype} cannot store: they would become infinite. Export as BF16 or F32.`,
      options,
    );
  }
}

/** A changed tensor cannot be written in this type. Export as F32, F16 or BF16. */
export class UnwritableTypeError extends LowrankError {
  constructor(
    readonly tensor: string,
    readonly dtype: string,
  ) {
    super("UNWRITABLE_TYPE", `"${tensor}" was changed and cannot be written as ${dtype}. Export as F32, F16 or BF16.`);
  }
}

/** The folder to export from does not have the model's weights. Give a folder with safetensors weights of this model. */
export class SourceFolderError extends LowrankError {
  constructor(
    readonly folder: string,
    problem: string,
    options?: { readonly cause?: unknown },
  ) {
    super("SOURCE_FOLDER", `${folder}: ${problem}`, options);
  }
}

/** The output folder is, or contains, a folder that is read. Choose another folder. */
export class OutputIsSourceError extends LowrankError {
  constructor(
    readonly folder: string,
    /** The folder that is read: of the base or of the tokenizer. */
    readonly source: string,
  ) {
    super(
      "OUTPUT_IS_SOURCE",
      `Cannot write the merged model into "${folder}": it is or contains "${source}", which is read. ` +
        "Choose another folder.",
    );
  }
}

/** config.json of this family cannot describe layers repeated in this order. Save the adapter instead. */
export class RepeatedLayersError extends LowrankError {
  constructor(
    readonly modelType: string,
    readonly order: readonly number[],
  ) {
    super(
      "REPEATED_LAYERS",
      `A config.json of type ${modelType} cannot describe a model of the base's layers ${enumerated(order)}: ` +
        "local attention or positions without rotation would be in other layers. Save the adapter instead.",
    );
  }
}
