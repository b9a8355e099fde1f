// The weights of a Hugging Face folder: one safetensors file, or shards with an index.

import type { LowrankError, WarningListener } from "@lowrank/contracts";
import { decodeToFloat32, openFolderWeights } from "@lowrank/safetensors";
import { type TensorCollection, weightFileNames } from "@lowrank/safetensors/internal";
import { modelFileError } from "../errors.ts";
import type { ModelFolder } from "../folder/model-folder.ts";
import { halfKinds, packHalf } from "./pack-half.ts";
import type { SourceTensor, WeightSource } from "./weight-source.ts";

const readableTypes = new Set(["F32", "F16", "BF16", "F64"]);

/** Reads only the headers. Throws MODEL_FILE if there are no weights, SafetensorsError if they are malformed. */
export async function openWeights(folder: ModelFolder, onWarning?: WarningListener): Promise<WeightSource> {
  const weights = await openFolderWeights(folder, onWarning === undefined ? {} : { onWarning });
  if (weights === undefined) throw await withoutWeights(folder);
  const { collection, isSharded } = weights;
  if (isSharded) return weightsOf(weightFileNames.index, collection, [...collection.tensors.keys()]);
  const inFileOrder = [...collection.tensors.keys()].sort(
    (one, other) => beginOf(collection, one) - beginOf(collection, other),
  );
  return weightsOf(weightFileNames.single, collection, inFileOrder);
}

async function withoutWeights(folder: ModelFolder): Promise<LowrankError> {
  const advice = "convert the model with transformers' save_pretrained";
  const reason = (await folder.has("pytorch_model.bin"))
    ? `there is only pytorch_model.bin: ${advice}`
    : "it is missing";
  return modelFileError(folder.name, weightFileNames.single, reason);
}

function beginOf(collection: TensorCollection, key: string): number {
  return collection.tensors.get(key)?.begin ?? 0;
}

function weightsOf(name: string, collection: TensorCollection, keys: readonly string[]): WeightSource {
  const tensors = new Map<string, SourceTensor>();
  for (const key of keys) {
    const info = collection.tensors.get(key);
    if (info === undefined) continue;
    const { dtype, shape, begin, end } = info;
    tensors.set(key, {
      dtype,
      shape,
      byteLength: end - begin,
      isReadable: readableTypes.has(dtype),
      isDivisible: true,
    });
  }
  return {
    name,
    advice: "Check that config.json and the weights belong together; supported dtypes are F32, F16 and BF16.",
    tensors,
    readBytes: (key, range) => collection.readBytes(key, range),
    decode(key, bytes, into) {
      const info = collection.tensors.get(key);
      if (info === undefined) throw modelFileError(name, key, "there is no such tensor");
      return decodeToFloat32(bytes, info.dtype, { file: name, tensor: key }, into);
    },
    pack(key, bytes) {
      const { dtype, shape } = collection.tensors.get(key) ?? { dtype: "", shape: [] };
      const [rows = 0, columns = 0] = shape;
      const kind = halfKinds.get(dtype);
      return kind === undefined ? undefined : packHalf(bytes, { kind, rows, columns });
    },
    close: () => collection.close(),
  };
}
