// Writes a graph model as files: model.json, which lists the weights, and their bytes in shards for caches and servers.

import { parseJson } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";

/** The converter's size of a shard. */
const shardBytes = 4 * 1024 * 1024;

/**
 * The files of a model by name, as TensorFlow's converter writes them: `tf.loadGraphModel("…/model.json")` reads them.
 *
 * @example
 * ```ts
 * import { writeFile } from "node:fs/promises";
 * import { type GraphHost, graphModelFiles, mergedArtifacts } from "@lowrank/hosts/graph";
 *
 * export async function save(host: GraphHost, folder: string): Promise<void> {
 *   const { artifacts } = await mergedArtifacts(host);
 *   for (const [name, content] of graphModelFiles(artifacts)) await writeFile(`${folder}/${name}`, content);
 * }
 * ```
 */
export function graphModelFiles(artifacts: tf.io.ModelArtifacts): ReadonlyMap<string, Uint8Array> {
  const data = new Uint8Array(tf.io.CompositeArrayBuffer.join(artifacts.weightData));
  const count = Math.max(1, Math.ceil(data.length / shardBytes));
  const paths = Array.from({ length: count }, (_, index) => `group1-shard${index + 1}of${count}.bin`);
  const { weightData, weightSpecs = [], ...described } = artifacts;
  const json = { ...described, weightsManifest: [{ paths, weights: weightSpecs }] };
  return new Map([
    ["model.json", new TextEncoder().encode(JSON.stringify(json))],
    ...paths.map((path, index) => [path, data.slice(index * shardBytes, (index + 1) * shardBytes)] as const),
  ]);
}

/**
 * Reads such files for `tf.loadGraphModel` from any storage. TensorFlow.js itself reads only URLs, except in tfjs-node.
 *
 * @param read returns a file's bytes by its name
 *
 * @example
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { graphModelReader } from "@lowrank/hosts/graph";
 * import { loadGraphModel } from "@tensorflow/tfjs-converter";
 *
 * export const load = (folder: string) => loadGraphModel(graphModelReader((name) => readFile(`${folder}/${name}`)));
 * ```
 */
export function graphModelReader(read: (name: string) => Promise<Uint8Array>): tf.io.IOHandler {
  return {
    load: async () => {
      // TensorFlow.js checks its fields.
      const json = parseJson(new TextDecoder().decode(await read("model.json"))) as tf.io.ModelJSON;
      return tf.io.getModelArtifactsForJSON(json, async (manifest) => {
        const pieces: ArrayBuffer[] = [];
        for (const path of manifest.flatMap(({ paths }) => paths))
          pieces.push(Uint8Array.from(await read(path)).buffer);
        const specs = manifest.flatMap(({ weights }) => weights);
        return [specs, tf.io.CompositeArrayBuffer.join(pieces)];
      });
    },
  };
}
