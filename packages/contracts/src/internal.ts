// Names that only our own packages import. They may change in any release.

export { bytesUpTo } from "./bytes-up-to.ts";
export { describeLfsPointer, failure } from "./errors.ts";
export type { ActiveAdapter, ImageStates, RandomKey, TokenPositions } from "./forward-context.ts";
export { f16Values, halfBits } from "./half-floats.ts";
export { imageInDataUrl } from "./image-data-url.ts";
export {
  describeValue,
  editDistance,
  enumerated,
  escapeControls,
  escapeName,
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
  SiteValues,
} from "./site.ts";
