// A GGUF file, the configuration and the tokenizer that its metadata holds.

import { checkConfig } from "@lowrank/contracts/families";
import { configFromGguf } from "@lowrank/contracts/families/gguf";
import { TextTokenizer } from "@lowrank/data";
import { tokenizerFromGguf } from "@lowrank/data/internal";
import { type GgufFile, openGguf } from "@lowrank/gguf";
import { dequantizableTypes } from "@lowrank/gguf/internal";
import { bytesSource } from "@lowrank/safetensors";
import { type GgufInput, ggufText, ggufValue, integer } from "../inputs/gguf-writer.ts";
import { hostileText } from "../inputs/hostile-values.ts";
import { mutateBytes } from "../inputs/mutate-bytes.ts";
import type { Random } from "../inputs/random.ts";
import { demand, mayRefuse, type Target } from "../target.ts";

/** Elements and bytes of a block, from the format's own list. */
const blocks = new Map<string, readonly [id: number, elements: number, bytes: number]>([
  ["F32", [0, 1, 4]],
  ["F16", [1, 1, 2]],
  ["Q4_0", [2, 32, 18]],
  ["Q4_1", [3, 32, 20]],
  ["Q5_0", [6, 32, 22]],
  ["Q5_1", [7, 32, 24]],
  ["Q8_0", [8, 32, 34]],
  ["Q2_K", [10, 256, 84]],
  ["Q3_K", [11, 256, 110]],
  ["Q4_K", [12, 256, 144]],
  ["Q5_K", [13, 256, 176]],
  ["Q6_K", [14, 256, 210]],
  ["Q8_K", [15, 256, 292]],
  ["IQ2_XXS", [16, 256, 66]],
  ["IQ2_XS", [17, 256, 74]],
  ["IQ3_XXS", [18, 256, 98]],
  ["IQ1_S", [19, 256, 50]],
  ["IQ4_NL", [20, 32, 18]],
  ["IQ3_S", [21, 256, 110]],
  ["IQ2_S", [22, 256, 82]],
  ["IQ4_XS", [23, 256, 136]],
  ["IQ1_M", [29, 256, 56]],
  ["BF16", [30, 1, 2]],
  ["TQ1_0", [34, 256, 54]],
  ["TQ2_0", [35, 256, 66]],
  ["MXFP4", [39, 32, 17]],
  ["NVFP4", [40, 64, 36]],
]);

const text = (value: string): GgufInput => ({ type: 8, text: value });
const whole = (value: number): GgufInput => ({ type: 4, number: value });
const texts = (values: readonly string[]): GgufInput => ({ type: 9, itemType: 8, items: values.map(text) });

/** A small llama and the tokenizers that a file can hold. */
const usualMetadata: readonly (readonly [string, GgufInput])[] = [
  ["general.architecture", text("llama")],
  ["general.alignment", whole(32)],
  ...(["vocab_size", "context_length", "embedding_length", "feed_forward_length"] as const).map(
    (key) => [`llama.${key}`, whole(64)] as const,
  ),
  ["llama.block_count", whole(2)],
  ["llama.attention.head_count", whole(4)],
  ["llama.attention.head_count_kv", whole(2)],
  ["llama.attention.layer_norm_rms_epsilon", { type: 6, number: 1e-5 }],
  ["tokenizer.ggml.model", text("gpt2")],
  ["tokenizer.ggml.pre", text("gpt-2")],
  ["tokenizer.ggml.tokens", texts(["h", "i", "hi", "<s>", "Ġ"])],
  ["tokenizer.ggml.merges", texts(["h i"])],
  ["tokenizer.ggml.scores", { type: 9, itemType: 6, items: [0, -1, -2, 0, 0].map((number) => ({ type: 6, number })) }],
  [
    "tokenizer.ggml.token_type",
    { type: 9, itemType: 5, items: [1, 1, 1, 3, 1].map((number) => ({ type: 5, number })) },
  ],
  ["tokenizer.ggml.bos_token_id", whole(3)],
  ["tokenizer.ggml.eos_token_id", whole(3)],
  ["tokenizer.ggml.add_bos_token", { type: 7, number: 1 }],
];

export const gguf: Target = {
  generate(random) {
    const file = buildFile(random);
    return random.chance(0.3) ? mutateBytes(file, random) : file;
  },

  async check(input) {
    const file = await openGguf(bytesSource(input));
    await checkTensors(file, input.length);
    mayRefuse(() => checkConfig(configFromGguf(file.metadata, new Set(file.tensors.keys()))));
    const { tokenizerJson, tokenizerConfig } = tokenizerFromGguf(file.metadata);
    const tokenizer = TextTokenizer.fromJson(tokenizerJson, tokenizerConfig);
    for (const id of tokenizer.encode("hi <s> hî")) {
      demand(Number.isInteger(id) && id >= 0 && id < tokenizer.vocabSize, `the id ${id} is outside the vocabulary`);
    }
  },
};

/** Every tensor lies in the file, aligned and apart from all others, has the bytes of its type, and can be read. */
async function checkTensors({ metadata, tensors, readBytes, readFloat32 }: GgufFile, size: number): Promise<void> {
  const alignment = Number(metadata.get("general.alignment") ?? 32);
  const inOrder = [...tensors.values()].sort(
    (one, other) => one.offset - other.offset || one.byteLength - other.byteLength,
  );
  let end = 0;
  for (const { name, type, shape, offset, byteLength } of inOrder) {
    demand(offset >= end && offset + byteLength <= size, "tensors overlap or leave the file");
    demand(offset % alignment === 0, "a tensor is not aligned");
    const elements = shape.reduce((product, dimension) => product * dimension, 1);
    const block = blocks.get(type);
    demand(block === undefined || byteLength * block[1] === elements * block[2], `${type} has another size`);
    demand((await readBytes(name)).length === byteLength, "a tensor has other bytes than it says");
    if (dequantizableTypes.includes(type)) {
      demand((await readFloat32(name)).length === elements, "dequantizing gave another number of elements");
    }
    end = offset + byteLength;
  }
}

function buildFile(random: Random): Uint8Array {
  const lie = (number: number) => (random.chance(0.03) ? random.pick([number + 1, 0, 2 ** 32, 2 ** 53]) : number);
  const metadata = usualMetadata.filter(() => !random.chance(0.05)).map((entry) => changed(entry, random));
  if (random.chance(0.1)) metadata.push(random.pick(metadata));
  const entries = metadata.map(([key, value]) => Buffer.concat([ggufText(key), ggufValue(value)]));
  let position = 0;
  const tensors = random.list(5, (index) => {
    const [id, elements, bytes] = random.pick([...blocks.values()]);
    const dimensions = [elements * random.pick([0, 1, 1, 2]), ...random.list(3, () => random.pick([0, 1, 2, 3]))];
    const offset = position + (random.chance(0.03) ? random.pick([-32, 1, 32, 2 ** 40]) : 0);
    position += Math.ceil(((dimensions.reduce((product, size) => product * size, 1) / elements) * bytes) / 32) * 32;
    return Buffer.concat([
      ggufText(random.chance(0.05) ? hostileText(random) : `blk.${index}.attn_q.weight`),
      integer(lie(dimensions.length), 4),
      ...dimensions.map((size) => integer(lie(size), 8)),
      integer(random.chance(0.05) ? random.integer(50) : id, 4),
      integer(offset, 8),
    ]);
  });
  const start = [Buffer.from("GGUF"), integer(random.chance(0.95) ? 3 : random.integer(5), 4)];
  const counts = [integer(lie(tensors.length), 8), integer(lie(entries.length), 8)];
  const header = Buffer.concat([...start, ...counts, ...entries, ...tensors]);
  const padding = new Uint8Array((32 - (header.length % 32)) % 32);
  return Buffer.concat([header, padding, random.bytes(lie(position) > 2 ** 20 ? position : lie(position) % 2 ** 20)]);
}

/** An entry with a value of another type, a lie about a length, or as it is. */
function changed([key, value]: readonly [string, GgufInput], random: Random): readonly [string, GgufInput] {
  if (random.chance(0.93)) return [key, value];
  if (random.chance(0.2)) return [hostileText(random), value];
  switch (random.integer(5)) {
    case 0:
      return [key, text(hostileText(random))];
    case 1:
      return [key, { type: random.integer(14), number: random.pick([-1, 0, 1, 3, 0.5, 1e9, Number.NaN, 2 ** 63]) }];
    case 2:
      return [key, { type: 9, itemType: 8, items: [value], length: BigInt(random.pick([0, 1, 2, 2 ** 40])) }];
    case 3:
      return [key, texts(random.list(30, () => hostileText(random)))];
    default:
      return [
        key,
        { type: 9, itemType: random.pick([4, 6, 9]), items: "items" in value ? value.items.slice(1) : [value] },
      ];
  }
}
