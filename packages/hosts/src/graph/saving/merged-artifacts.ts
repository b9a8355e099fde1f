// A host's model as artifacts that TensorFlow.js loads without lowrank. The graph is unchanged, and only merged weights have new bytes.

import { adapterNames } from "@lowrank/inject";
import * as tf from "@tensorflow/tfjs-core";
import { unmergedAdapterError } from "../errors.ts";
import type { GraphHost } from "../graph-host.ts";

/** A model to be saved. */
export interface MergedArtifacts {
  /** For any of TensorFlow.js's save handlers, or `graphModelFiles`. */
  readonly artifacts: tf.io.ModelArtifacts;
  /** Constants that merges changed. */
  readonly changed: readonly string[];
  /** The changed constants that were stored in 8 or 16 bits and are float32 now, because rounding could lose the update. */
  readonly decoded: readonly string[];
}

/**
 * The model with all merges. Without a merge it is the loaded model, byte for byte.
 *
 * Throws HOST_UNMERGED while an adapter is attached: merge it first, or dispose of its handle to save the base.
 *
 * @example
 * ```ts
 * import { type GraphHost, mergedArtifacts } from "@lowrank/hosts/graph";
 * import type { AdapterHandle } from "@lowrank/inject";
 * import { mergeAdapter } from "@lowrank/merge";
 * import { loadGraphModel } from "@tensorflow/tfjs-converter";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * export async function withoutUs(host: GraphHost, handle: AdapterHandle) {
 *   await mergeAdapter(host, handle);
 *   const { artifacts } = await mergedArtifacts(host);
 *   return loadGraphModel(tf.io.fromMemory(artifacts));
 * }
 * ```
 */
export async function mergedArtifacts(host: GraphHost): Promise<MergedArtifacts> {
  const attached = adapterNames(host);
  if (attached.length > 0) throw unmergedAdapterError(attached);
  const artifacts = await artifactsOf(host);
  const replaced = host.replaced();
  try {
    if (replaced.size === 0) return { artifacts, changed: [], decoded: [] };
    const specs = artifacts.weightSpecs ?? [];
    const stored = splitWeights(specs, new Uint8Array(tf.io.CompositeArrayBuffer.join(artifacts.weightData)));
    const pieces = await Promise.all(
      specs.map(async ({ name }, index) => {
        const value = await replaced.get(name)?.data<"float32">();
        return value === undefined ? stored[index]! : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      }),
    );
    return {
      artifacts: {
        ...artifacts,
        weightSpecs: specs.map((spec) => (replaced.has(spec.name) ? asFloats(spec) : spec)),
        weightData: tf.io.CompositeArrayBuffer.join(pieces.map((piece) => piece.slice().buffer)),
      },
      changed: [...replaced.keys()],
      decoded: specs.flatMap(({ name, quantization }) =>
        replaced.has(name) && quantization !== undefined ? [name] : [],
      ),
    };
  } finally {
    tf.dispose([...replaced.values()]);
  }
}

/** The artifacts that the model was loaded from, with all weights in one buffer. */
async function artifactsOf({ model }: GraphHost): Promise<tf.io.ModelArtifacts> {
  let saved: tf.io.ModelArtifacts = {};
  const dateSaved = new Date(0);
  await model.save({
    save: async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved, modelTopologyType: "JSON" } };
    },
  });
  if (saved.weightData !== undefined || saved.getWeightStream === undefined) return saved;
  const { getWeightStream, ...rest } = saved;
  return { ...rest, weightData: await new Response(getWeightStream()).arrayBuffer() };
}

type Spec = tf.io.WeightsManifestEntry;

const bytesOfType: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  complex64: 8,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

/** Bytes of each weight, in the order of `specs`, as views of `data`. */
function splitWeights(specs: readonly Spec[], data: Uint8Array): readonly Uint8Array[] {
  let offset = 0;
  return specs.map((spec) => {
    const bytes = data.subarray(offset, offset + lengthOf(spec, data, offset));
    offset += bytes.length;
    return bytes;
  });
}

function lengthOf({ shape, dtype, quantization }: Spec, data: Uint8Array, offset: number): number {
  const size = shape.reduce((product, length) => product * length, 1);
  if (dtype !== "string") return size * (bytesOfType[quantization?.dtype ?? dtype] ?? 4);
  // Each text follows its length in four bytes (tfjs-core, io_utils.ts).
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let end = offset;
  for (let index = 0; index < size; index += 1) end += 4 + view.getUint32(end, true);
  return end - offset;
}

/** The spec of a weight that is now float32, without quantization. */
function asFloats({ name, shape, group }: Spec): Spec {
  return { name, shape, dtype: "float32", ...(group === undefined ? {} : { group }) };
}
