// Prepares images and recordings as model input: opens, decodes, resizes or resamples a file, and only keeps the result.

import { LowrankError } from "@lowrank/contracts";
import {
  type DecodedImage,
  type Example,
  type ImagePreparation,
  logMelFeatures,
  readImagePreparation,
  readWav,
} from "@lowrank/data";
import {
  type AudioFeatures,
  type AudioInput,
  type ImageInput,
  type Pixels,
  resample,
  resizeImage,
  type Sound,
  whisperSampleRate,
} from "@lowrank/data/internal";
import { type ModelFolder, type PretrainedModel, readJsonObject } from "@lowrank/models";
import { mediaError, preprocessorMissing } from "../errors/media-errors.ts";
import type { ModelSource } from "../open/model-source.ts";
import type { Platform } from "../platform.ts";

export interface MediaReader {
  readonly platform: Pick<Platform, "readMedia" | "decodeImage">;
  readonly source: Pick<ModelSource, "folder" | "path">;
  readonly model: Pick<PretrainedModel, "config">;
}

/** The model's image preprocessing. Throws PREPROCESSOR_MISSING, IMAGE_PREPARATION. */
export async function imagePreparation({
  source: { folder, path },
}: Pick<MediaReader, "source">): Promise<ImagePreparation> {
  const settings = folder && (await imageSettings(folder));
  if (settings === undefined) throw preprocessorMissing(path);
  return readImagePreparation(settings);
}

/** In transformers' order: transformers 5 writes one file for a whole processor; an older processor_config.json has no images. */
async function imageSettings(folder: ModelFolder): Promise<unknown> {
  if (await folder.has("processor_config.json")) {
    const { image_processor: settings = null } = await readJsonObject(folder, "processor_config.json");
    if (settings !== null) return settings;
  }
  const file = "preprocessor_config.json";
  return (await folder.has(file)) ? readJsonObject(folder, file) : undefined;
}

/** An image in the model's size. Throws MEDIA_UNREADABLE, DECODER_MISSING. */
export async function pixelsOf(
  image: ImageInput,
  preparation: ImagePreparation,
  reader: Pick<MediaReader, "platform">,
): Promise<Pixels> {
  if (typeof image === "object" && "factor" in image) return image;
  const decoded = await decodedImage(image, reader);
  return namingBadData(image, () => resizeImage(decoded, preparation));
}

/** An image's pixels in its own size. Throws MEDIA_UNREADABLE, DECODER_MISSING. */
export async function decodedImage(
  image: Exclude<ImageInput, Pixels>,
  { platform }: Pick<MediaReader, "platform">,
): Promise<DecodedImage> {
  if (typeof image === "object" && "data" in image) return image;
  return platform.decodeImage(await bytesOf(image, platform), nameOf(image));
}

/** Throws MEDIA_UNREADABLE in place of IMAGE_DATA. */
export function namingBadData<Made>(image: ImageInput, make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    throw LowrankError.isInstance(error, "IMAGE_DATA")
      ? mediaError(nameOf(image), error.message, { cause: error })
      : error;
  }
}

function nameOf(image: ImageInput): string {
  return typeof image === "string" ? image : "the picture of a row";
}

/** A recording as features. Throws MEDIA_UNREADABLE. */
export async function audioFeaturesOf(
  audio: AudioInput,
  { platform, model }: Pick<MediaReader, "platform" | "model">,
): Promise<AudioFeatures & { readonly frames: number }> {
  const name = typeof audio === "string" ? audio : "the recording of a row";
  const { melBins, sourcePositions } = model.config;
  if (melBins === 0) throw mediaError(name, "this model has no audio input. Use a speech model such as Whisper.");
  try {
    const sound = typeof audio === "object" && "samples" in audio ? audio : readWav(await bytesOf(audio, platform));
    const frames = 2 * sourcePositions;
    const samples = resample(beginning(sound, (frames * step) / whisperSampleRate), whisperSampleRate);
    const features = crop(logMelFeatures(samples, { melBins, frames }), { melBins, frames, samples: samples.length });
    return { features, melBins, frames };
  } catch (error) {
    throw LowrankError.isInstance(error, "AUDIO_UNREADABLE")
      ? mediaError(name, error.message, { cause: error })
      : error;
  }
}

/** Samples from one column of features to the next, and the width of a column's window. */
const [step, reach] = [160, 200];

/** The model's maximum length of a recording, plus a second for windows at its end: hours need not be resampled. */
function beginning({ samples, sampleRate }: Sound, seconds: number): Sound {
  return { samples: samples.subarray(0, Math.ceil((seconds + 1) * sampleRate)), sampleRate };
}

/** The features up to one column after the last sample: all later columns are the same. */
function crop(
  features: Float32Array,
  { melBins, frames, samples }: { readonly melBins: number; readonly frames: number; readonly samples: number },
): Float32Array {
  const used = Math.min(frames, Math.ceil((samples + reach) / step) + 1);
  if (used === frames) return features;
  const cut = new Float32Array(melBins * used);
  for (let bin = 0; bin < melBins; bin++) cut.set(features.subarray(bin * frames, bin * frames + used), bin * used);
  return cut;
}

/** The bytes of a file that a row names or contains. Throws MEDIA_UNREADABLE. */
export async function bytesOf(
  file: string | Uint8Array | Blob,
  platform: MediaReader["platform"],
): Promise<Uint8Array> {
  if (typeof file === "string") return platform.readMedia(file);
  return file instanceof Uint8Array ? file : new Uint8Array(await file.arrayBuffer());
}

/** Rows with images in the model's size and recordings as features. Throws MEDIA_UNREADABLE, PREPROCESSOR_MISSING, DECODER_MISSING. */
export async function prepareRows(examples: readonly Example[], reader: MediaReader): Promise<readonly Example[]> {
  let preparation: ImagePreparation | undefined;
  const prepared: Example[] = [];
  for (const example of examples) {
    if (example.kind === "image") {
      preparation ??= await imagePreparation(reader);
      prepared.push({ ...example, image: await pixelsOf(example.image, preparation, reader) });
    } else if (example.kind === "audio") {
      const { text, start } = example;
      const prefix = start === undefined ? {} : { start };
      prepared.push({ kind: "speech", ...(await audioFeaturesOf(example.audio, reader)), text, ...prefix });
    } else prepared.push(example);
  }
  return prepared;
}
