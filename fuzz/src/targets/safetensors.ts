// A safetensors file: what is accepted must be exactly what the specification allows, and survive being written again.

import {
  bytesSource,
  decodeToFloat32,
  joinPieces,
  openSafetensors,
  SafetensorsError,
  serializeSafetensors,
} from "@lowrank/safetensors";
import { dtypes, type ParsedSafetensors, parseSafetensors } from "@lowrank/safetensors/internal";
import { hostileText } from "../inputs/hostile-values.ts";
import { Entries, type JsonTree, writeTree } from "../inputs/json-tree.ts";
import { mutateBytes } from "../inputs/mutate-bytes.ts";
import { mutateJson } from "../inputs/mutate-json.ts";
import type { Random } from "../inputs/random.ts";
import { corpusOf } from "../inputs/seeds.ts";
import { demand, type Target } from "../target.ts";
import { specifiedTensors } from "./safetensors-specification.ts";

const corpus = corpusOf("safetensors");

export const safetensors: Target = {
  generate(random) {
    if (random.chance(0.1)) return mutateBytes(random.pick(corpus), random);
    const file = buildFile(random);
    return random.chance(0.2) ? mutateBytes(file, random) : file;
  },

  async check(input) {
    const expected = specifiedTensors(input);
    const { result: parsed, error: parseError } = await attempt(() => parseSafetensors(input));
    const { result: opened, error: openError } = await attempt(() => openSafetensors(bytesSource(input)));
    demand((opened === undefined) === (parsed === undefined), "parseSafetensors and openSafetensors disagree");
    demand(parsed === undefined || expected !== undefined, "a file was accepted that breaks the specification");
    demand(
      parsed !== undefined || expected === undefined,
      `a file that keeps to the specification was refused: ${parseError}`,
    );
    if (parsed === undefined || opened === undefined) throw parseError ?? openError;
    for (const [name, { dtype, shape, begin, end }] of parsed.tensors) {
      const same = JSON.stringify(expected?.get(name)) === JSON.stringify({ dtype, shape, begin, end });
      demand(same, "a tensor is not what its entry says");
      const bytes = parsed.bytes(name);
      demand(bytes.length === end - begin, "a tensor has other bytes than its offsets span");
      demand(Buffer.compare(bytes, await opened.readBytes(name)) === 0, "two ways of reading give different bytes");
      checkNumbers(parsed, name);
    }
    checkWrittenAgain(parsed);
  },
};

/** A file with few tensors; its header's structure and its length may be wrong. */
function buildFile(random: Random): Uint8Array {
  let end = 0;
  const entries = random.list(6, (index): [string, JsonTree] => {
    const dtype = random.chance(0.7)
      ? random.pick(["F32", "F16", "BF16", "BOOL", "F4", "F6_E2M3"])
      : random.pick(dtypes);
    const shape = random.list(4, () => random.pick([0, 1, 2, 2, 3, 4, 8]));
    const begin = end;
    end += Math.ceil((shape.reduce((product, size) => product * size, 1) * bitsOfName(dtype)) / 8);
    const name = random.chance(0.1) ? hostileText(random) : `layer.${index}.weight`;
    return [
      name,
      new Entries([
        ["dtype", dtype],
        ["shape", shape],
        ["data_offsets", [begin, end]],
      ]),
    ];
  });
  if (random.chance(0.3)) entries.push(["__metadata__", new Entries([["format", "pt"]])]);
  if (random.chance(0.3)) entries.reverse();
  const tree = new Entries(entries);
  const text = writeTree(random.chance(0.25) ? tree : mutateJson(tree, [tree], random));
  const header = new TextEncoder().encode(text + random.pick(["", "", " ", "\n\t ", "\0", "{}"]));
  const prefix = new DataView(new ArrayBuffer(8));
  const lie = random.chance(0.05) ? random.pick([-1n, 1n, 8n, 2n ** 53n, 2n ** 63n]) : 0n;
  prefix.setBigUint64(0, BigInt.asUintN(64, BigInt(header.length) + lie), true);
  const data = random.bytes(Math.max(0, end + (random.chance(0.05) ? random.pick([-1, 1, 4]) : 0)));
  return joinPieces([new Uint8Array(prefix.buffer), header, data]);
}

function bitsOfName(dtype: string): number {
  if (dtype.startsWith("F4")) return 4;
  return Number(/\d+/.exec(dtype)?.[0] ?? 8);
}

interface Attempt<Result> {
  readonly result?: Result;
  readonly error?: SafetensorsError;
}

async function attempt<Result>(read: () => Result | Promise<Result>): Promise<Attempt<Result>> {
  try {
    return { result: await read() };
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    return { error };
  }
}

/** Types without numbers of their own are refused; the others have one for each element. */
function checkNumbers(file: ParsedSafetensors, name: string): void {
  const info = file.tensors.get(name);
  if (info === undefined) return;
  const elements = info.shape.reduce((product, size) => product * size, 1);
  try {
    const numbers = decodeToFloat32(file.bytes(name), info.dtype);
    demand(numbers.length === elements, "a tensor has another number of elements than its shape");
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    demand(error.code === "UnsupportedDtype" || error.code === "ValueOutOfRange", `decoding failed: ${error.code}`);
  }
}

function checkWrittenAgain(file: ParsedSafetensors): void {
  const contents = [...file.tensors].map(
    ([name, { dtype, shape }]) => [name, { dtype, shape, data: file.bytes(name) }] as const,
  );
  const again = parseSafetensors(serializeSafetensors(new Map(contents), file.metadata));
  demand(again.tensors.size === file.tensors.size, "writing lost a tensor");
  for (const [name, { dtype, shape, data }] of contents) {
    const info = again.tensors.get(name);
    demand(info?.dtype === dtype && info.shape.join() === shape.join(), "writing changed a tensor's type or shape");
    demand(Buffer.compare(again.bytes(name), data) === 0, "writing changed a tensor's bytes");
  }
  demand(
    JSON.stringify([...again.metadata].sort()) === JSON.stringify([...file.metadata].sort()),
    "writing changed metadata",
  );
}
