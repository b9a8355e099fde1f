// Reads a SentencePiece model (spm.model, spiece.model, tokenizer.model, source.spm …): pieces with scores, and the
// normalization. https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto

import { readVarint } from "@lowrank/contracts/internal";
import { tokenizerError } from "../errors.ts";

const kinds = ["normal", "unknown", "control", "user-defined", "unused", "byte"] as const;

/** One piece; its index is its id. */
interface SentencePiece {
  readonly text: string;
  /** Unigram: the logarithm of its probability. BPE: minus the rank of its merge. */
  readonly score: number;
  readonly kind: (typeof kinds)[number];
}

/** How a text is normalized before it is split. */
interface SentencePieceNormalizer {
  /** Replacements of characters (`Charsmap`); undefined for none. */
  readonly charsmap: Uint8Array | undefined;
  readonly addsDummyPrefix: boolean;
  readonly removesExtraSpaces: boolean;
}

export interface SentencePieceModel {
  readonly algorithm: "unigram" | "bpe";
  readonly pieces: readonly SentencePiece[];
  readonly unknownId: number;
  readonly beginsText: string | undefined;
  readonly endsText: string | undefined;
  readonly fallsBackToBytes: boolean;
  readonly normalizer: SentencePieceNormalizer;
}

/** Gemma has 256 000 pieces, mT5 250 100. */
const maxPieces = 2 ** 21;
/** In bytes; the longest common pieces are sixteen spaces or dashes. */
const longestPiece = 4096;

/** Reads the bytes of a file; `name` is for messages. Throws TOKENIZER_INVALID for another kind of file or a broken one. */
export function readSentencePiece(bytes: Uint8Array, name: string): SentencePieceModel {
  try {
    return readModel(bytes);
  } catch (cause) {
    if (!(cause instanceof RangeError) && !(cause instanceof TypeError)) throw cause;
    const problem = `${name} is not a readable SentencePiece model: ${cause.message}`;
    throw tokenizerError([problem, "download it again, or put the model's tokenizer.json next to it"], { cause });
  }
}

function readModel(bytes: Uint8Array): SentencePieceModel {
  const pieces: SentencePiece[] = [];
  let [trainer, normalizer]: readonly ReadonlyMap<number, ProtobufField>[] = [new Map(), new Map()];
  for (const entry of protobufFields(bytes)) {
    if (!("bytes" in entry)) continue;
    if (entry.field === 1) pieces.push(readPiece(entry.bytes, pieces.length));
    if (entry.field === 2) trainer = byNumber(entry.bytes);
    if (entry.field === 3) normalizer = byNumber(entry.bytes);
    if (pieces.length > maxPieces) throw new RangeError(`it has more than ${maxPieces} pieces`);
  }
  if (pieces.length === 0) throw new RangeError("it has no pieces");
  const algorithm = numberOf(trainer?.get(3), 1);
  if (algorithm !== 1 && algorithm !== 2)
    throw new RangeError("its pieces are words or characters; expected parts of words (Unigram or BPE)");
  const charsmap = bytesOf(normalizer?.get(2));
  const specialToken = (id: number, text: number, fallback: readonly [number, string]) =>
    numberOf(trainer?.get(id), fallback[0]) < pieces.length ? textOf(trainer?.get(text), fallback[1]) : undefined;
  return {
    algorithm: algorithm === 1 ? "unigram" : "bpe",
    pieces,
    unknownId: numberOf(trainer?.get(40), 0),
    beginsText: specialToken(41, 46, [1, "<s>"]),
    endsText: specialToken(42, 47, [2, "</s>"]),
    fallsBackToBytes: numberOf(trainer?.get(35), 0) === 1,
    normalizer: {
      charsmap: charsmap === undefined || charsmap.length === 0 ? undefined : charsmap,
      addsDummyPrefix: numberOf(normalizer?.get(3), 1) === 1,
      removesExtraSpaces: numberOf(normalizer?.get(4), 1) === 1,
    },
  };
}

function readPiece(bytes: Uint8Array, id: number): SentencePiece {
  const fields = byNumber(bytes);
  const text = bytesOf(fields.get(1));
  const score = bytesOf(fields.get(2));
  const kind = kinds[numberOf(fields.get(3), 1) - 1];
  if (text === undefined || text.length === 0 || text.length > longestPiece || kind === undefined) {
    throw new RangeError(`piece ${id} has no text of 1 to ${longestPiece} bytes, or an unknown type`);
  }
  const value =
    score?.length === 4 ? new DataView(score.buffer, score.byteOffset, score.byteLength).getFloat32(0, true) : 0;
  if (!Number.isFinite(value)) throw new RangeError(`the score of piece ${id} is ${value}`);
  return { text: decode(text), score: value, kind };
}

/** Fields by number. Of repeated fields the last one counts, as Protocol Buffers define. */
function byNumber(bytes: Uint8Array): ReadonlyMap<number, ProtobufField> {
  return new Map([...protobufFields(bytes)].map((entry) => [entry.field, entry]));
}

function numberOf(entry: ProtobufField | undefined, fallback: number): number {
  return entry !== undefined && "value" in entry ? entry.value : fallback;
}

function bytesOf(entry: ProtobufField | undefined): Uint8Array | undefined {
  return entry !== undefined && "bytes" in entry ? entry.bytes : undefined;
}

function textOf(entry: ProtobufField | undefined, fallback: string): string {
  const bytes = bytesOf(entry);
  return bytes === undefined || bytes.length > longestPiece ? fallback : decode(bytes);
}

/** Throws TypeError for invalid UTF-8. */
function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

// The parts of Protocol Buffers' wire format that SentencePiece uses: a list of numbered fields.
// https://protobuf.dev/programming-guides/encoding/

/** One field: a number, or the bytes of a text, a message or a fixed-width number. */
type ProtobufField =
  | { readonly field: number; readonly value: number }
  | { readonly field: number; readonly bytes: Uint8Array };

/** The fields of a message, in order. Throws RangeError for bytes that are not fields, or end within one. */
function* protobufFields(bytes: Uint8Array): Generator<ProtobufField, void, undefined> {
  let at = 0;
  const varint = (): number => {
    const read = readVarint(bytes, at);
    if (read === undefined) throw new RangeError(`the number at byte ${at} is cut off, or has more than ten bytes`);
    at = read.end;
    return read.value;
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw new RangeError(`a field at byte ${at} is longer than its message`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const [field, type] = [Math.floor(key / 8), key % 8];
    if (type === 0) yield { field, value: varint() };
    else if (type === 1) yield { field, bytes: take(8) };
    else if (type === 2) yield { field, bytes: take(varint()) };
    else if (type === 5) yield { field, bytes: take(4) };
    else throw new RangeError(`no field starts at byte ${at - 1}`);
  }
}
