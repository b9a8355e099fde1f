// An ONNX model of three weights in a sparse file: 4.5 GB, some kilobytes on disk. states = embed[ids] -> wide, far.

import { mkdirSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { protobufField as field } from "@lowrank/contracts/internal";

export const sizes = { tokens: 600_000, width: 1024, wide: 500_000, far: 16 } as const;
const { tokens, width, wide, far } = sizes;

/** Where each weight begins: the second beyond 2³¹, the third beyond 2³². */
export const offsets = {
  embed: 0,
  wide: 4 * tokens * width,
  far: 4 * (tokens * width + width * wide),
} as const;

const message = (...fields: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(fields));

function node(opType: string, inputs: readonly string[], output: string): Uint8Array {
  return message(...inputs.map((input) => field(1, input)), field(2, output), field(3, `/${output}`), field(4, opType));
}

function weight(name: keyof typeof offsets, shape: readonly [number, number]): Uint8Array {
  const entries = { location: "model.onnx_data", offset: offsets[name], length: 4 * shape[0] * shape[1] };
  const outside = Object.entries(entries).map(([key, value]) =>
    field(13, message(field(1, key), field(2, `${value}`))),
  );
  return message(
    ...shape.map((size) => field(1, size)),
    field(2, 1),
    field(8, `${name}.weight`),
    ...outside,
    field(14, 1),
  );
}

function port(name: string, type: number, shape: readonly (number | string)[]): Uint8Array {
  const sizes = shape.map((size) => field(1, typeof size === "number" ? field(1, size) : field(2, size)));
  return message(field(1, name), field(2, field(1, message(field(1, type), field(2, message(...sizes))))));
}

/** Writes model.onnx, and model.onnx_data with `numbers` at some places, counted in numbers. */
export async function writeSparseModel(folder: string, numbers: ReadonlyMap<number, number>): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const graph = message(
    field(1, node("Gather", ["embed.weight", "ids"], "states")),
    field(1, node("MatMul", ["states", "wide.weight"], "wide")),
    field(1, node("MatMul", ["states", "far.weight"], "far")),
    field(2, "sparse"),
    field(5, weight("embed", [tokens, width])),
    field(5, weight("wide", [width, wide])),
    field(5, weight("far", [width, far])),
    field(11, port("ids", 7, [1, "time"])),
    field(12, port("wide", 1, [1, "time", wide])),
    field(12, port("far", 1, [1, "time", far])),
  );
  const model = message(field(1, 8), field(7, graph), field(8, message(field(1, ""), field(2, 17))));
  writeFileSync(join(folder, "model.onnx"), model);
  const data = await open(join(folder, "model.onnx_data"), "w");
  for (const [index, value] of numbers) await data.write(Float32Array.of(value), 0, 4, 4 * index);
  await data.truncate(offsets.far + 4 * width * far);
  await data.close();
}
