// PNG and JPEG in plain JavaScript, by packages that only those need who have pictures.

import type { DecodedImage } from "@lowrank/data";
import { DecoderMissingError, MediaError } from "../../errors/media-errors.ts";
import { exifOrientation, upright } from "./jpeg-orientation.ts";

/** More than any camera makes: a small file may claim to be larger. */
const mostPixels = 100_000_000;

/** Decodes a picture. Throws MediaError for other kinds and broken files, DecoderMissingError. */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<DecodedImage> {
  const isPng = [0x89, 0x50, 0x4e, 0x47].every((byte, place) => bytes[place] === byte);
  const isJpeg = [0xff, 0xd8, 0xff].every((byte, place) => bytes[place] === byte);
  if (!isPng && !isJpeg) throw new MediaError(name, "it is neither PNG nor JPEG; save it as one of them.");
  if (isPng) refuseHuge(bytes, name);
  const decode = isPng ? await pngDecoder() : await jpegDecoder();
  try {
    return decode(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MediaError(name, `it is broken or too large (${reason}).`, { cause });
  }
}

type Decode = (bytes: Uint8Array) => DecodedImage;

async function pngDecoder(): Promise<Decode> {
  const { PNG } = await import("pngjs").catch(missing("pngjs"));
  return (bytes) => PNG.sync.read(Buffer.from(bytes));
}

async function jpegDecoder(): Promise<Decode> {
  const { default: jpeg } = await import("jpeg-js").catch(missing("jpeg-js"));
  const limits = { maxResolutionInMP: mostPixels / 1e6, maxMemoryUsageInMB: 1024 };
  return (bytes) => {
    const image: DecodedImage & { readonly exifBuffer?: Uint8Array } = jpeg.decode(bytes, {
      useTArray: true,
      ...limits,
    });
    return upright(image, exifOrientation(image.exifBuffer)); // its types do not know the block
  };
}

function missing(packageName: string): (cause: unknown) => never {
  return (cause) => {
    throw new DecoderMissingError(packageName, { cause });
  };
}

/** Width and height stand at one place in every PNG. */
function refuseHuge(bytes: Uint8Array, name: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 24) throw new MediaError(name, "it ends within its first bytes.");
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (width * height > mostPixels) {
    throw new MediaError(name, `it has ${width} × ${height} pixels, more than ${mostPixels}; make it smaller.`);
  }
}
