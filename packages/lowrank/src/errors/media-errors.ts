// Pictures and recordings that rows name and that cannot be read.

import { LowrankError } from "@lowrank/contracts";

/** A picture or a recording of a row cannot be read. */
export class MediaError extends LowrankError {
  constructor(
    /** Its name, or "the picture of a row" for one without. */
    readonly file: string,
    readonly reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super("MEDIA_UNREADABLE", `Cannot read "${file}": ${reason}`, options);
  }
}

/** The model's folder does not say how pictures or sounds become numbers. */
export class PreprocessorMissingError extends LowrankError {
  constructor(readonly folder: string) {
    super(
      "PREPROCESSOR_MISSING",
      `"${folder}" has no preprocessor_config.json, which says how a picture becomes what the model reads. ` +
        "Copy the file from the repository that the model is from.",
    );
  }
}

/** A package that decodes pictures is not installed. */
export class DecoderMissingError extends LowrankError {
  constructor(
    readonly packageName: string,
    options?: { readonly cause?: unknown },
  ) {
    super(
      "DECODER_MISSING",
      `Reading such pictures needs the optional package ${packageName}. Run: npm install ${packageName}`,
      options,
    );
  }
}
