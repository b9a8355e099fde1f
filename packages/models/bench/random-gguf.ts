// A GGUF file of a LLaMA shape that exists nowhere: its header is written here and its blocks are drawn when they are
// read, so that a model of any size can be loaded without a file or its memory.

import type { GgufSource } from "@lowrank/gguf/internal";

/** Sizes of the model. */
export interface LlamaShape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly feedForward: number;
  readonly vocabulary: number;
}

interface TensorType {
  readonly id: number;
  readonly blockSize: number;
  readonly blockBytes: number;
}

const f32: TensorType = { id: 0, blockSize: 1, blockBytes: 4 };
const q4: TensorType = { id: 2, blockSize: 32, blockBytes: 18 };
const q8: TensorType = { id: 8, blockSize: 32, blockBytes: 34 };

interface Tensor {
  readonly name: string;
  /** torch's order. */
  readonly shape: readonly number[];
  readonly type: TensorType;
}

/** Linear layers in Q4_0, table and head in Q8_0, norms in F32. */
export function randomGguf(shape: LlamaShape): GgufSource {
  const tensors = tensorsOf(shape);
  const header = headerOf(shape, tensors);
  let end = header.length;
  const places = tensors.map((tensor) => {
    const begin = end;
    end += padded(byteLength(tensor));
    return { tensor, begin, end };
  });
  return {
    name: "random.gguf",
    size: end,
    read: async (offset, length) => {
      if (offset < header.length) return header.slice(offset, offset + length);
      const place = places.find((one) => offset >= one.begin && offset < one.end);
      return place === undefined ? new Uint8Array(length) : randomBytes(place.tensor.type, length, offset);
    },
  };
}

function tensorsOf(shape: LlamaShape): readonly Tensor[] {
  const { width, feedForward, vocabulary } = shape;
  const keyWidth = (width / shape.heads) * shape.keyValueHeads;
  const ofLayer = (layer: number): readonly Tensor[] => {
    const matrix = (name: string, rows: number, columns: number): Tensor => {
      return { name: `blk.${layer}.${name}.weight`, shape: [rows, columns], type: q4 };
    };
    const norm = (name: string): Tensor => ({ name: `blk.${layer}.${name}.weight`, shape: [width], type: f32 });
    return [
      norm("attn_norm"),
      matrix("attn_q", width, width),
      matrix("attn_k", keyWidth, width),
      matrix("attn_v", keyWidth, width),
      matrix("attn_output", width, width),
      norm("ffn_norm"),
      matrix("ffn_gate", feedForward, width),
      matrix("ffn_up", feedForward, width),
      matrix("ffn_down", width, feedForward),
    ];
  };
  return [
    { name: "token_embd.weight", shape: [vocabulary, width], type: q8 },
    ...Array.from({ length: shape.layers }, (_, layer) => ofLayer(layer)).flat(),
    { name: "output_norm.weight", shape: [width], type: f32 },
    { name: "output.weight", shape: [vocabulary, width], type: q8 },
  ];
}

function byteLength({ shape, type }: Tensor): number {
  return (shape.reduce((product, size) => product * size, 1) / type.blockSize) * type.blockBytes;
}

function padded(length: number): number {
  return Math.ceil(length / 32) * 32;
}

/** Version 3 of the format, with the keys that a LLaMA needs. */
function headerOf(shape: LlamaShape, tensors: readonly Tensor[]): Uint8Array {
  const bytes: number[] = [];
  const uint32 = (value: number) => bytes.push(...new Uint8Array(Uint32Array.of(value).buffer));
  const uint64 = (value: number) => bytes.push(...new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  const text = (value: string) => {
    uint64(value.length);
    bytes.push(...new TextEncoder().encode(value));
  };
  const numbers: Readonly<Record<string, number>> = {
    vocab_size: shape.vocabulary,
    embedding_length: shape.width,
    feed_forward_length: shape.feedForward,
    block_count: shape.layers,
    "attention.head_count": shape.heads,
    "attention.head_count_kv": shape.keyValueHeads,
    context_length: 2048,
  };
  bytes.push(...new TextEncoder().encode("GGUF"));
  uint32(3);
  uint64(tensors.length);
  uint64(3 + Object.keys(numbers).length);
  text("general.architecture");
  uint32(8);
  text("llama");
  for (const [key, value] of Object.entries({ "attention.layer_norm_rms_epsilon": 1e-5, "rope.freq_base": 10_000 })) {
    text(`llama.${key}`);
    uint32(6);
    bytes.push(...new Uint8Array(Float32Array.of(value).buffer));
  }
  for (const [key, value] of Object.entries(numbers)) {
    text(`llama.${key}`);
    uint32(4);
    uint32(value);
  }
  let offset = 0;
  for (const tensor of tensors) {
    text(tensor.name);
    uint32(tensor.shape.length);
    for (const size of [...tensor.shape].reverse()) uint64(size);
    uint32(tensor.type.id);
    uint64(offset);
    offset += padded(byteLength(tensor));
  }
  return Uint8Array.from({ length: padded(bytes.length) }, (_, index) => bytes[index] ?? 0);
}

/** Whole blocks with a scale that gives weights about the size that training starts from; gains of 1. */
function randomBytes(type: TensorType, length: number, seed: number): Uint8Array {
  if (type === f32) return new Uint8Array(new Float32Array(length / 4).fill(1).buffer);
  const bytes = new Uint8Array(length);
  let state = (seed % 0x7fffffff) + 1;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  const scale = type === q4 ? 0x1c00 : 0x0c00; // in f16: 2⁻⁸ and 2⁻¹²
  const view = new DataView(bytes.buffer);
  for (let offset = 0; offset < length; offset += type.blockBytes) view.setUint16(offset, scale, true);
  return bytes;
}
