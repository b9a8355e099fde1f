export { type ByteSource, blobSource, bytesSource } from "./byte-source.ts";
export { decodeToFloat32, decodeToFloat64, decodeToInt32 } from "./decode.ts";
export { bitsOf, type Dtype, dtypes, isDtype } from "./dtypes.ts";
export {
  type EncodableDtype,
  encodeFloat32,
  encodeNumbers,
  float32Tensor,
  numbersTensor,
  type TensorData,
} from "./encode.ts";
export { SafetensorsError, type SafetensorsErrorCode, type SafetensorsErrorPlace } from "./errors.ts";
export { type FolderWeights, openFolderWeights, type WeightFolder, weightFileNames } from "./folder-weights.ts";
export type { TensorInfo } from "./header.ts";
export { type FileLayout, layoutSafetensors, type TensorOutline } from "./layout.ts";
export { openSafetensors, type SafetensorsFile } from "./open.ts";
export { type ParsedSafetensors, parseSafetensors } from "./parse.ts";
export type { ReadOptions } from "./read-options.ts";
export { openShardedSafetensors, parseShardIndex, type ShardFolder, type ShardIndex } from "./sharded.ts";
export type { TensorCollection } from "./tensor-collection.ts";
export {
  type ByteTarget,
  joinPieces,
  type StreamedTensor,
  safetensorsChunks,
  safetensorsPieces,
  serializeSafetensors,
  writeSafetensors,
} from "./write.ts";
