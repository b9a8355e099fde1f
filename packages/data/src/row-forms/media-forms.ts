// Rows that name or contain a picture or a recording, as in Hugging Face datasets' ImageFolder and AudioFolder.

import { isObject } from "@lowrank/contracts/internal";
import type { Sound } from "../audio/read-wav.ts";
import type { AudioExample } from "../example.ts";
import type { ImageInput } from "../images/image-input.ts";
import type { DecodedImage } from "../images/prepare-image.ts";
import { type Fields, readLabel, readTexts, refuse, rowForm } from "./row-form.ts";

/** {"image": "cats/1.png", "label": …}; the path is relative to the data file. */
export const imageForm = rowForm({
  name: "image/label",
  source: "Hugging Face datasets, image classification",
  keys: ["image", "label", "file_name?"],
  read(fields) {
    const image = imageOrFile(fields.get("image"));
    if (image === undefined) return refuse('the name of a PNG or JPEG file for "image"', fields.get("image"));
    return { kind: "image", image: image satisfies ImageInput, label: readLabel(fields.get("label")) };
  },
});

/** {"audio": "1.wav", "text": …}; the path is relative to the data file. */
export const audioForm = rowForm({
  name: "audio/text",
  source: "Hugging Face datasets, speech recognition",
  keys: ["audio", "text", "start?", "file_name?"],
  read(fields) {
    const audio: AudioExample["audio"] | undefined = fileOr<Sound>(fields.get("audio"), isSound);
    if (audio === undefined) return refuse('the name of a WAV file for "audio"', fields.get("audio"));
    const [text = "", start] = readTexts(fields, fields.has("start") ? ["text", "start"] : ["text"]);
    return { kind: "audio", audio, text, ...(start === undefined ? {} : { start }) };
  },
});

/** Renames `file_name`, the column of a folder's metadata file, to the field of the form. */
export function withNamedFile(fields: Fields): Fields {
  const file = fields.get("file_name");
  if (typeof file !== "string" || fields.has("image") || fields.has("audio")) return fields;
  return new Map(fields).set(/\.wav$/i.test(file) ? "audio" : "image", file);
}

/** An image's name, bytes or pixels; undefined for anything else. */
export function imageOrFile(value: unknown): ImageInput | undefined {
  return fileOr<DecodedImage>(value, isDecoded);
}

/** A file's name, bytes (also in datasets' Parquet form {"bytes": …, "path": …}), or a value that is already decoded. */
function fileOr<T>(value: unknown, isRead: (value: unknown) => value is T): string | Uint8Array | Blob | T | undefined {
  if (typeof value === "string" && value.trim() !== "") return value;
  if (value instanceof Uint8Array || (typeof Blob !== "undefined" && value instanceof Blob) || isRead(value))
    return value;
  if (!isObject(value)) return undefined;
  const { bytes, path } = value;
  if (bytes instanceof Uint8Array) return bytes;
  return typeof path === "string" && path !== "" ? path : undefined;
}

function isDecoded(value: unknown): value is DecodedImage {
  if (!isObject(value)) return false;
  const { width, height, data } = value;
  const isBytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  return Number.isInteger(width) && Number.isInteger(height) && isBytes;
}

function isSound(value: unknown): value is Sound {
  if (!isObject(value)) return false;
  const { samples, sampleRate } = value;
  return samples instanceof Float32Array && typeof sampleRate === "number" && sampleRate > 0;
}

/** Audio features and the transcript. */
export const speechForm = rowForm({
  name: "input_features/text",
  source: "transformers' model inputs for Whisper",
  keys: ["input_features", "text", "start?"],
  read(fields) {
    const [text] = readTexts(fields, ["text"]);
    const bins = readBins(fields.get("input_features"));
    const start = fields.get("start");
    if (start !== undefined && typeof start !== "string") return refuse('a text for "start", or none', start);
    const frames = bins[0]?.length ?? 0;
    const features = new Float32Array(bins.length * frames);
    for (const [bin, values] of bins.entries()) features.set(values, bin * frames);
    const startField = start === undefined ? {} : { start };
    return { kind: "speech", features, melBins: bins.length, text, ...startField };
  },
});

/** [melBins][frames], rows of any kind of numbers. */
function readBins(value: unknown): readonly ArrayLike<number>[] {
  const expected = 'rows of equal length for "input_features", one row for each mel bin';
  const isBin = (bin: unknown): bin is ArrayLike<number> =>
    (Array.isArray(bin) || bin instanceof Float32Array) && bin.length > 0 && bin.every(Number.isFinite);
  if (!Array.isArray(value) || value.length === 0 || !value.every(isBin)) return refuse(expected, value);
  const lengths = new Set(value.map(({ length }) => length));
  return lengths.size === 1 ? value : refuse(expected, value, `rows of ${[...lengths].join(" and ")} numbers`);
}
