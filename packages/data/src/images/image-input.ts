// The forms of an image in a row.

import type { DecodedImage, Pixels } from "./prepare-image.ts";

/** An image: a file's name, a file's bytes, decoded pixels, or prepared for a model. */
export type ImageInput = string | Uint8Array | Blob | DecodedImage | Pixels;
