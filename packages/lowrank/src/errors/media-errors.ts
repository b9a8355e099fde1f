// Errors about the images and recordings of rows.

import { failure } from "@lowrank/contracts/internal";

/** An image or a recording of a row cannot be read. Correct its path, or save it again as PNG, JPEG or WAV. */
export function mediaError(
  /** Its name, or "the picture of a row" for one without. */
  file: string,
  reason: string,
  options?: { readonly cause?: unknown },
) {
  return failure("MEDIA_UNREADABLE", `Cannot read "${file}": ${reason}`, { file, reason, ...options });
}

/** The model's folder has no settings of an image processor. */
export function preprocessorMissing(folder: string) {
  const message =
    `"${folder}" has no preprocessor_config.json and no processor_config.json with an image_processor. ` +
    "They describe how images become model inputs. Copy one of them from the model's repository.";
  return failure("PREPROCESSOR_MISSING", message, { folder });
}

/** The package that decodes images is not installed. */
export function decoderMissing(packageName: string, cause: unknown) {
  const message = `Reading these images requires the optional package ${packageName}. Run: npm install ${packageName}`;
  return failure("DECODER_MISSING", message, { packageName, cause });
}
