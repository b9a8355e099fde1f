// Pictures and recordings that rows name and that cannot be read.

import { LowrankError } from "@lowrank/contracts";
import { failure } from "./named-option.ts";

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
export function preprocessorMissing(folder: string) {
  const message =
    `"${folder}" has no preprocessor_config.json, which says how a picture becomes what the model reads. ` +
    "Copy the file from the repository that the model is from.";
  return failure("PREPROCESSOR_MISSING", message, { folder });
}

/** A package that decodes pictures is not installed. */
export function decoderMissing(packageName: string, cause: unknown) {
  const message = `Reading such pictures needs the optional package ${packageName}. Run: npm install ${packageName}`;
  return failure("DECODER_MISSING", message, { packageName, cause });
}
