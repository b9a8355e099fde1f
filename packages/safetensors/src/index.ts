export type { ReadOptions, TensorInfo } from "./byte-source.ts";
export { type ByteSource, blobSource, bytesSource } from "./byte-source.ts";
export { bitsOf, type Dtype, dtypes } from "./dtypes.ts";
export { SafetensorsError } from "./errors.ts";
export { decodeToFloat32, decodeToFloat64, decodeToInt32 } from "./numbers/decode.ts";
export {
  type EncodableDtype,
  encodeFloat32,
  encodeNumbers,
  float32Tensor,
  numbersTensor,
  type TensorData,
} from "./numbers/encode.ts";
export { type FolderWeights, openFolderWeights, weightFileNames } from "./reading/folder-weights.ts";
export { openSafetensors, type SafetensorsFile } from "./reading/open.ts";
export { type ParsedSafetensors, parseSafetensors } from "./reading/parse.ts";
export { openShardedSafetensors } from "./reading/sharded.ts";
export type { TensorCollection } from "./reading/tensor-collection.ts";
export { type FileLayout, layoutSafetensors, type TensorOutline } from "./writing/layout.ts";
export {
  joinPieces,
  type StreamedTensor,
  safetensorsChunks,
  safetensorsPieces,
  serializeSafetensors,
  writeSafetensors,
} from "./writing/write.ts";
