// Decodes images in a separate thread, which a hostile file may block or fill.

import type { DecodedImage } from "@lowrank/data";
import { fileOfPackage, GuardedDecoder } from "@lowrank/data/internal/node";
import { decoderMissing, mediaError } from "../../errors/media-errors.ts";

const decoder = new GuardedDecoder({
  url: () => fileOfPackage("lowrank", "node/media/picture-decoder"),
  load: () => import("./picture-decoder.ts"),
});

let last: Promise<unknown> = Promise.resolve();

/** Decodes an image. Throws MEDIA_UNREADABLE for other formats and broken files, DECODER_MISSING. */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<DecodedImage> {
  const isPng = [0x89, 0x50, 0x4e, 0x47].every((byte, index) => bytes[index] === byte);
  const isJpeg = [0xff, 0xd8, 0xff].every((byte, index) => bytes[index] === byte);
  if (!isPng && !isJpeg) throw mediaError(name, "it is neither PNG nor JPEG; save it as one of them.");
  const decoded = last.then(() => decoder.decode({ bytes: new Uint8Array(bytes), isPng }));
  last = decoded.catch(() => {});
  return decoded.catch((cause: Error) => {
    if (Reflect.get(cause, "code") === "ERR_MODULE_NOT_FOUND") {
      throw decoderMissing(isPng ? "pngjs" : "jpeg-js", cause);
    }
    throw mediaError(name, `it is broken or too large (${cause.message}).`, { cause });
  });
}
