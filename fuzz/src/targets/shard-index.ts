// model.safetensors.index.json over two shards: what it says has to be what the shards hold.

import { bytesSource, float32Tensor, SafetensorsError, serializeSafetensors } from "@lowrank/safetensors";
import { openShardedSafetensors } from "@lowrank/safetensors/internal";
import { treeOf } from "../inputs/json-tree.ts";
import { jsonInput } from "../inputs/mutate-json.ts";
import { demand, type Target } from "../target.ts";
import { messageFault } from "../watch/judge.ts";

const placed = new Map([
  ["model-00001-of-00002.safetensors", ["embed.weight", "layers.0.weight"]],
  ["model-00002-of-00002.safetensors", ["layers.1.weight", "head.weight"]],
]);
const shards = new Map(
  Array.from(placed, ([file, names]) => {
    const tensors = names.map((name, index) => [name, float32Tensor([2], Float32Array.of(index, 1))] as const);
    return [file, serializeSafetensors(new Map(tensors))];
  }),
);
const index = {
  metadata: { total_size: 32 },
  weight_map: Object.fromEntries(Array.from(placed).flatMap(([file, names]) => names.map((name) => [name, file]))),
};
const seeds = [index, { weight_map: index.weight_map }].map(treeOf);

export const shardIndex: Target = {
  generate: (random) => jsonInput(seeds, random),

  async check(input) {
    const asked: string[] = [];
    const open = async (name: string) => {
      asked.push(name);
      const bytes = shards.get(name);
      if (bytes === undefined) throw new SafetensorsError("InvalidIndex", "There is no such file.");
      return bytesSource(bytes, name);
    };
    const onWarning = ({ message }: { readonly message: string }) =>
      demand(messageFault(message) === undefined, message);
    const opening = openShardedSafetensors({ open }, new TextDecoder().decode(input), { onWarning });
    const collection = await opening.finally(() => {
      demand(
        asked.every((name) => /^[\w-][\w.-]*\.safetensors$/.test(name)),
        "a name that is no plain one was opened",
      );
    });
    const said: unknown = JSON.parse(new TextDecoder().decode(input)).weight_map;
    demand(JSON.stringify(entriesOf(said)) === JSON.stringify(entriesOf(index.weight_map, asked)), "the index lies");
    for (const name of collection.tensors.keys())
      demand((await collection.readFloat32(name)).length === 2, "lost values");
  },
};

function entriesOf(weightMap: unknown, files?: readonly string[]): readonly (readonly [string, unknown])[] {
  const entries = Object.entries(weightMap as Record<string, unknown>).sort();
  return entries.filter(([, file]) => files === undefined || files.includes(String(file)));
}
