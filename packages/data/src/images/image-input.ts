// What a row may have as a picture.

import type { DecodedImage, Pixels } from "./prepare-image.ts";

/** A picture: a file's name, a file's bytes, decoded, or prepared for a model. */
export type ImageInput = string | Uint8Array | Blob | DecodedImage | Pixels;
