// What writing a model can refuse.

import { enumerated, LowrankError } from "@lowrank/contracts";

/** A weight cannot be written in the chosen type. */
export class ExportOverflowError extends LowrankError {
  constructor(
    readonly tensor: string,
    readonly dtype: string,
    options?: { readonly cause?: unknown },
  ) {
    super(
      "EXPORT_OVERFLOW",
      `"${tensor}" has values that ${dtype} cannot hold: they would become infinite. Export as BF16 or F32.`,
      options,
    );
  }
}

/** A tensor would have to be written in a type that numbers cannot be encoded in. */
export class UnwritableTypeError extends LowrankError {
  constructor(
    readonly tensor: string,
    readonly dtype: string,
  ) {
    super("UNWRITABLE_TYPE", `"${tensor}" was changed and cannot be written as ${dtype}. Export as F32, F16 or BF16.`);
  }
}

/** A folder to export from does not hold the model's weights. */
export class SourceFolderError extends LowrankError {
  constructor(
    readonly folder: string,
    problem: string,
    options?: { readonly cause?: unknown },
  ) {
    super("SOURCE_FOLDER", `${folder}: ${problem}`, options);
  }
}

/** The output would overwrite a folder that it is made from. */
export class OutputIsSourceError extends LowrankError {
  constructor(
    readonly folder: string,
    /** The folder that is read: the base's, or the tokenizer's. */
    readonly source: string,
  ) {
    super(
      "OUTPUT_IS_SOURCE",
      `Cannot write the merged model into "${folder}": that is or holds "${source}", from which it is read. ` +
        "Choose another folder.",
    );
  }
}

/** The family's config.json has no words for layers that repeat in this order. */
export class RepeatedLayersError extends LowrankError {
  constructor(
    readonly modelType: string,
    readonly order: readonly number[],
  ) {
    super(
      "REPEATED_LAYERS",
      `A config.json of type ${modelType} cannot say what the layers ${enumerated(order)} of the base are in a model of ` +
        "their own: some attend to nearby tokens only or do not rotate, in another order. Save the adapter instead.",
    );
  }
}
