// Files of GPTQ (Frantar et al. 2022, arXiv 2210.17323) and AWQ (Lin et al. 2023, arXiv 2306.00978) in 4 bits. Both have matrices
// [inputs, outputs] of 32-bit words with eight codes. GPTQ packs along the inputs, AWQ's "gemm" version along the outputs and with the
// even ones first. Zero points are packed along the outputs.

import type { ModelConfig } from "@lowrank/contracts/families";
import { transposed } from "../transpose-table.ts";
import { type GroupedCodes, groupedMatrix } from "./grouped-codes.ts";
import type { PieceHeaders, PieceReader, QuantizedWeight } from "./quantized-weight.ts";

/** Codes in a word. */
const perWord = 8;
const scaleTypes = ["F16", "BF16"];

/** Throws MODEL_FILE for shapes and types that do not belong together. */
export function openGptq(
  headers: PieceHeaders,
  { storesZeroMinusOne }: NonNullable<ModelConfig["quantization"]>,
): QuantizedWeight {
  const { shape } = headers.check("qweight", ["I32"], [undefined, undefined]);
  const [inputs, outputs] = [perWord * (shape[0] ?? 0), shape[1] ?? 0];
  const groups = checkGroups(headers, { inputs, outputs });
  if (headers.has("g_idx")) headers.check("g_idx", ["I32", "I64"], [inputs]);
  return opened(headers, { inputs, outputs }, (read) => ({
    // A word's bytes are four bytes of codes in the engine's order.
    codes: bytesOf(transposed(wordsOf(read("qweight")), outputs)),
    zeros: zerosOf(read("qzeros"), { outputs, groups, added: storesZeroMinusOne ? 0x11111111 : 0, nibbleOf: inOrder }),
    groupOf: headers.has("g_idx") ? groupsOf(headers, "g_idx", { read, groups }) : undefined,
  }));
}

/** Throws MODEL_FILE for shapes and types that do not belong together. */
export function openAwq(headers: PieceHeaders): QuantizedWeight {
  const { shape } = headers.check("qweight", ["I32"], [undefined, undefined]);
  const [inputs, outputs] = [shape[0] ?? 0, perWord * (shape[1] ?? 0)];
  const groups = checkGroups(headers, { inputs, outputs });
  return opened(headers, { inputs, outputs }, (read) => ({
    codes: awqCodes(wordsOf(read("qweight")), inputs, outputs),
    zeros: zerosOf(read("qzeros"), { outputs, groups, added: 0, nibbleOf: evenFirst }),
  }));
}

interface Sizes {
  readonly inputs: number;
  readonly outputs: number;
  readonly groups: number;
}

/** The number of groups, which scales and zero points must agree in. */
function checkGroups(headers: PieceHeaders, { inputs, outputs }: Omit<Sizes, "groups">): number {
  const [groups = 0] = headers.check("scales", scaleTypes, [undefined, outputs]).shape;
  headers.check("qzeros", ["I32"], [groups, Math.ceil(outputs / perWord)]);
  if (groups < 1 || groups > inputs) throw headers.problem("scales", `it has ${groups} groups for ${inputs} inputs`);
  return groups;
}

type Codes = Pick<GroupedCodes, "codes" | "zeros" | "groupOf">;

function opened(
  headers: PieceHeaders,
  { inputs, outputs }: Omit<Sizes, "groups">,
  codesOf: (read: PieceReader) => Codes,
): QuantizedWeight {
  const rounding = headers.tensor("scales").dtype === "F16" ? "F16" : "BF16";
  return {
    shape: [outputs, inputs],
    dtype: "INT4",
    rounding,
    unpack(read) {
      const scales = scalesOf(headers, read("scales"), outputs);
      const grouped = { rows: outputs, columns: inputs, codeBits: 4, scales, ...codesOf(read) } as const;
      return groupedMatrix(grouped, rounding === "F16" ? "f16" : "bf16");
    },
  };
}

/** [outputs, groups]; f16 keeps its bits. */
function scalesOf(headers: PieceHeaders, bytes: Uint8Array, outputs: number): Float32Array | Uint16Array {
  const values = headers.floats("scales", bytes);
  if (headers.tensor("scales").dtype !== "F16") return transposed(values, outputs);
  return transposed(new Uint16Array(bytes.slice().buffer), outputs);
}

/** The group of each input. Throws MODEL_FILE for a group without a scale. */
export function groupsOf(
  headers: PieceHeaders,
  name: string,
  { read, groups }: { readonly read: PieceReader; readonly groups: number },
): Int32Array {
  const bytes = read(name).slice();
  const isWide = headers.tensor(name).dtype === "I64";
  const values = isWide
    ? Int32Array.from(new BigInt64Array(bytes.buffer), (group) => Number(group))
    : new Int32Array(bytes.buffer);
  const bad = values.findIndex((group) => !(group >= 0 && group < groups));
  if (bad >= 0) throw headers.problem(name, `input ${bad} is in group ${values[bad]}, expected 0 to ${groups - 1}`);
  return values;
}

/** The nibble of a word in which an output is, of each eight. */
const inOrder = [0, 1, 2, 3, 4, 5, 6, 7];
const evenFirst = [0, 4, 1, 5, 2, 6, 3, 7];

/** [outputs, groups]. The sum with `added` is that of words: it undoes GPTQ's subtraction, which borrows from the next code. */
function zerosOf(
  bytes: Uint8Array,
  {
    outputs,
    groups,
    added,
    nibbleOf,
  }: Omit<Sizes, "inputs"> & { readonly added: number; readonly nibbleOf: readonly number[] },
): Uint8Array {
  const words = wordsOf(bytes);
  const rowWords = words.length / groups;
  return Uint8Array.from({ length: outputs * groups }, (_, at) => {
    const output = Math.floor(at / groups);
    const word = words[(at % groups) * rowWords + Math.floor(output / perWord)]! + added;
    return (word >>> (4 * nibbleOf[output % perWord]!)) & 15;
  });
}

/** Output by output, so that memory is read and written in order. */
function awqCodes(words: Uint32Array, inputs: number, outputs: number): Uint8Array {
  const rowBytes = Math.ceil(inputs / 2);
  const codes = new Uint8Array(outputs * rowBytes);
  const byOutputs = transposed(words, outputs / perWord); // [outputs / 8, inputs]
  for (let output = 0, at = 0; output < outputs; output++) {
    const shift = 4 * evenFirst[output & 7]!;
    const first = (output >> 3) * inputs;
    for (let input = first; input < first + inputs; input += 2) {
      const upper = input + 1 < first + inputs ? (byOutputs[input + 1]! >>> shift) & 15 : 0;
      codes[at++] = ((byOutputs[input]! >>> shift) & 15) | (upper << 4);
    }
  }
  return codes;
}

/** Words by their values, on hosts of either byte order; the inverse of `bytesOf`. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(4 * index, true));
}

function bytesOf(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of words.entries()) view.setUint32(4 * index, word, true);
  return bytes;
}
