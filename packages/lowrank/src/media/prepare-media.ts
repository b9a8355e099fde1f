// A picture or a recording as what the model reads: its file is opened, decoded, resized or resampled, and only that is kept.

import {
  AudioError,
  type AudioInput,
  type DecodedImage,
  type Example,
  ImageDataError,
  type ImageInput,
  type ImagePreparation,
  logMelFeatures,
  type Pixels,
  readImagePreparation,
  readWav,
  resample,
  resizeImage,
  type Sound,
  type Sounds,
  whisperSampleRate,
} from "@lowrank/data";
import { type PretrainedModel, readJsonObject } from "@lowrank/models";
import { MediaError, preprocessorMissing } from "../errors/media-errors.ts";
import type { ModelSource } from "../open/model-source.ts";
import type { Platform } from "../platform.ts";

export interface MediaReader {
  readonly platform: Pick<Platform, "readMedia" | "decodeImage">;
  readonly source: Pick<ModelSource, "folder" | "path">;
  readonly model: Pick<PretrainedModel, "config">;
}

/** How pictures become what the model reads. Throws PREPROCESSOR_MISSING, ImagePreparationError. */
export async function imagePreparation({
  source: { folder, path },
}: Pick<MediaReader, "source">): Promise<ImagePreparation> {
  if (folder === undefined || !(await folder.has("preprocessor_config.json"))) throw preprocessorMissing(path);
  return readImagePreparation(await readJsonObject(folder, "preprocessor_config.json"));
}

/** A picture in the model's size. Throws MediaError, DECODER_MISSING. */
export async function pixelsOf(
  image: ImageInput,
  preparation: ImagePreparation,
  { platform }: Pick<MediaReader, "platform">,
): Promise<Pixels> {
  if (typeof image === "object" && "factor" in image) return image;
  const name = typeof image === "string" ? image : "the picture of a row";
  const decoded: DecodedImage =
    typeof image === "object" && "data" in image
      ? image
      : await platform.decodeImage(await bytesOf(image, platform), name);
  try {
    return resizeImage(decoded, preparation);
  } catch (error) {
    throw error instanceof ImageDataError ? new MediaError(name, error.message, { cause: error }) : error;
  }
}

/** A recording as features. Throws MediaError. */
export async function soundsOf(
  audio: AudioInput,
  { platform, model }: Pick<MediaReader, "platform" | "model">,
): Promise<Sounds & { readonly frames: number }> {
  const name = typeof audio === "string" ? audio : "the recording of a row";
  const { melBins, sourcePositions } = model.config;
  if (melBins === 0) throw new MediaError(name, "this model has no audio input. Use a speech model such as Whisper.");
  try {
    const sound = typeof audio === "object" && "samples" in audio ? audio : readWav(await bytesOf(audio, platform));
    const frames = 2 * sourcePositions;
    const samples = resample(beginning(sound, (frames * step) / whisperSampleRate), whisperSampleRate);
    const features = heard(logMelFeatures(samples, { melBins, frames }), { melBins, frames, samples: samples.length });
    return { features, melBins, frames };
  } catch (error) {
    throw error instanceof AudioError ? new MediaError(name, error.message, { cause: error }) : error;
  }
}

/** Samples from one column of features to the next, and how far a column reaches. */
const [step, reach] = [160, 200];

/** As much of a sound as the model hears, and a second more for the windows that reach beyond: hours need not be resampled. */
function beginning({ samples, sampleRate }: Sound, seconds: number): Sound {
  return { samples: samples.subarray(0, Math.ceil((seconds + 1) * sampleRate)), sampleRate };
}

/** The features up to one column behind the last sample: from there on all columns are the same. */
function heard(
  features: Float32Array,
  { melBins, frames, samples }: { readonly melBins: number; readonly frames: number; readonly samples: number },
): Float32Array {
  const kept = Math.min(frames, Math.ceil((samples + reach) / step) + 1);
  if (kept === frames) return features;
  const cut = new Float32Array(melBins * kept);
  for (let bin = 0; bin < melBins; bin++) cut.set(features.subarray(bin * frames, bin * frames + kept), bin * kept);
  return cut;
}

/** The bytes of a file that a row names, or has. Throws MediaError. */
export async function bytesOf(
  file: string | Uint8Array | Blob,
  platform: MediaReader["platform"],
): Promise<Uint8Array> {
  if (typeof file === "string") return platform.readMedia(file);
  return file instanceof Uint8Array ? file : new Uint8Array(await file.arrayBuffer());
}

/** Rows with pictures in the model's size and recordings as features. Throws MediaError, PREPROCESSOR_MISSING, DECODER_MISSING. */
export async function prepareRows(examples: readonly Example[], reader: MediaReader): Promise<readonly Example[]> {
  let preparation: ImagePreparation | undefined;
  const prepared: Example[] = [];
  for (const example of examples) {
    if (example.kind === "image") {
      preparation ??= await imagePreparation(reader);
      prepared.push({ ...example, image: await pixelsOf(example.image, preparation, reader) });
    } else if (example.kind === "audio") {
      const { text, start } = example;
      const begins = start === undefined ? {} : { start };
      prepared.push({ kind: "speech", ...(await soundsOf(example.audio, reader)), text, ...begins });
    } else prepared.push(example);
  }
  return prepared;
}
