// GGUF files as we write them, read back: metadata, names, shapes and bytes; and the rest of a file from any place on.

import { dequantize, ggufChunks, openGguf } from "@lowrank/gguf";
import { encodableTypes, encodeValues, type StreamedGgufTensor, type WritableValue } from "@lowrank/gguf/internal";
import { bytesSource, joinPieces } from "@lowrank/safetensors";
import { hostileText } from "../inputs/hostile-values.ts";
import { Random } from "../inputs/random.ts";
import { demand, type Target } from "../target.ts";

export const writtenGguf: Target = {
  generate: (random) => random.bytes(8),

  async check(input) {
    const random = new Random("gguf", Buffer.from(input).toString("hex"));
    const metadata = new Map(random.list(12, (index) => [`general.key${index}`, someValue(random)] as const));
    const tensors = new Map(random.list(6, (index) => [nameOf(index, random), someTensor(random)] as const));
    const whole = await collected(ggufChunks(metadata, tensors));
    const offset = random.integer(whole.length + 1);
    demand(
      Buffer.compare(await collected(ggufChunks(metadata, tensors, offset)), whole.subarray(offset)) === 0,
      `the rest from ${offset} on is another`,
    );
    const file = await openGguf(bytesSource(whole));
    demand(file.metadata.size === metadata.size && file.tensors.size === tensors.size, "entries were lost");
    for (const [key, written] of metadata)
      if (written.type !== "stored")
        demand(
          JSON.stringify(file.metadata.get(key)) === JSON.stringify(asRead(written)),
          `the value of ${key} changed`,
        );
    for (const [name, { type, shape, values, bytes }] of tensors) {
      const found = file.tensors.get(name);
      demand(found?.type === type && found.shape.join() === shape.join(), "a tensor has another type or shape");
      demand(Buffer.compare(await file.readBytes(name), bytes) === 0, "a tensor has other bytes");
      const numbers = dequantize(bytes, type, values.length);
      demand(
        Buffer.from(numbers.buffer).equals(Buffer.from((await file.readFloat32(name)).buffer)),
        "a tensor has other numbers",
      );
    }
  },
};

/** Without halves of surrogate pairs, which no UTF-8 has. */
function wellFormed(text: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text));
}

/** Names of more than 63 bytes are refused. */
function nameOf(index: number, random: Random): string {
  return `${random.chance(0.1) ? wellFormed(hostileText(random)) : "blk"}.${index}.weight`;
}

function someValue(random: Random): WritableValue {
  const texts = () => random.pick(["", "▁the", "naïve 𝄞", "a\n\0b", wellFormed(hostileText(random).slice(0, 100))]);
  const whole = () => random.pick([0, 1, 7, 2 ** 31 - 1]);
  return random.pick<() => WritableValue>([
    () => ({ type: "string", value: texts() }),
    () => ({ type: "bool", value: random.chance(0.5) }),
    () => ({ type: random.pick(["uint32", "int32", "uint64"]), value: whole() }),
    () => ({ type: "float32", value: random.fraction() }),
    () => ({ type: "array", of: "string", value: random.list(20, texts) }),
    () => ({ type: "array", of: random.pick(["uint32", "int32"]), value: random.list(20, whole) }),
    () => ({ type: "array", of: "float32", value: random.list(20, () => random.fraction()) }),
  ])();
}

/** float32 is read as it was rounded. */
function asRead(written: Exclude<WritableValue, { type: "stored" }>): unknown {
  if (written.type === "float32") return Math.fround(written.value);
  if (written.type === "array" && written.of === "float32") return written.value.map(Math.fround);
  return written.value;
}

interface SomeTensor extends StreamedGgufTensor {
  readonly values: Float32Array;
  readonly bytes: Uint8Array;
}

/** In pieces of any size. */
function someTensor(random: Random): SomeTensor {
  const type = random.pick(encodableTypes);
  const shape = [random.integer(4), 256 * (1 + random.integer(2))];
  const size = 10 ** (random.integer(8) - 5);
  const values = Float32Array.from({ length: shape[0]! * shape[1]! }, () => (random.fraction() - 0.5) * size);
  const bytes = encodeValues(values, type);
  const step = 1 + random.integer(bytes.length + 1);
  function* pieces() {
    for (let from = 0; from < bytes.length; from += step) yield bytes.subarray(from, from + step);
  }
  return { type, shape, values, bytes, pieces };
}

async function collected(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return joinPieces(parts);
}
