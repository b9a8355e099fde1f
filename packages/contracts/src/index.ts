// What all packages share: the interfaces of models, hosts and adapters, errors, and checks of input.
export type { AdaptableModel } from "./adaptable-model.ts";
export { bytesUpTo } from "./bytes-up-to.ts";
export type { Warning, WarningListener } from "./errors.ts";
export { describeLfsPointer, failure, LowrankError } from "./errors.ts";
export type { TokenPositions } from "./forward-context.ts";
export {
  type ActiveAdapter,
  type AdapterSelection,
  activeAdapters,
  adapterRows,
  type ForwardContext,
  type ImageStates,
  inferenceContext,
  noAdapters,
  type RandomKey,
  selectedNames,
} from "./forward-context.ts";
export { f16Values, halfBits } from "./half-floats.ts";
export { imageInDataUrl } from "./image-data-url.ts";
export {
  describeValue,
  editDistance,
  enumerated,
  escapeControls,
  escapeName,
  itemized,
  listed,
  maxListed,
  printable,
  shortened,
} from "./messages.ts";
export type { ParameterRef } from "./parameter.ts";
export { isObject, JsonError, type JsonObject, jsonIn, maxTextLength, parseJson } from "./parse-json.ts";
export { protobufField, readVarint, varint } from "./protobuf.ts";
export { type OptionNames, refuseUnknownOptions } from "./refuse-unknown-options.ts";
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
