export type { AdaptableModel } from "./adaptable-model.ts";
export {
  type ActiveAdapter,
  type AdapterSelection,
  activeAdapters,
  adapterRows,
  noAdapters,
  selectedNames,
} from "./adapter-selection.ts";
export { editDistance } from "./edit-distance.ts";
export { LowrankError } from "./errors.ts";
export { type ForwardContext, inferenceContext, type RandomKey } from "./forward-context.ts";
export { describeLfsPointer } from "./git-lfs.ts";
export { f16Values, halfBits } from "./half-floats.ts";
export { isObject, type JsonObject } from "./json-object.ts";
export {
  describeValue,
  enumerated,
  escapeControls,
  escapeName,
  itemised,
  listed,
  mostListed,
  printable,
  shortened,
} from "./messages.ts";
export type { ParameterRef } from "./parameter.ts";
export { JsonError, longestText, type ParseJsonOptions, parseJson } from "./parse-json.ts";
export { protobufField, readVarint, varint } from "./protobuf.ts";
export {
  type OptionNames,
  refuseUnknownOptions,
  type UnknownOption,
  UnknownOptionError,
} from "./refuse-unknown-options.ts";
export type {
  Adaptation,
  AdaptationCall,
  ConvolutionGeometry,
  Detach,
  LowRankBranch,
  Restore,
  Site,
  SiteValues,
} from "./site.ts";
export type { TokenPlaces } from "./token-places.ts";
export type { Warning, WarningListener } from "./warning.ts";
