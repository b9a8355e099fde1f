// Sites and parameters that accept adapters by the call: what a model needs to be adapted, except its forward pass.

export { AdaptationSlots } from "./doors/adaptation-slots.ts";
export { computeByRows } from "./doors/adapter-rows.ts";
export { ModelDisposedError, RowCountError, RowsOverrideError } from "./doors/errors.ts";
export type { NewRows } from "./doors/new-rows.ts";
export { OverridableParameter } from "./doors/parameters/overridable-parameter.ts";
export { OverrideList, type ParameterOverride } from "./doors/parameters/override-list.ts";
export { ParameterSlot } from "./doors/parameters/parameter-slot.ts";
export { ConvolutionSite, type ConvolutionSiteOptions } from "./doors/sites/convolution-site.ts";
export { EmbeddingSite } from "./doors/sites/embedding-site.ts";
export { forwardTogether, LinearSite } from "./doors/sites/linear-site.ts";
export { type Part, sameKind, type WeightSlot } from "./doors/weight-slot.ts";
