// Sites and parameters with hook points: each call selects the adapters that act. Models are built from them.

export { AdaptationSlots } from "./hook-points/adaptation-slots.ts";
export { computeByRows } from "./hook-points/adapter-rows.ts";
export { modelDisposedError, rowCountError } from "./hook-points/errors.ts";
export type { NewRows } from "./hook-points/new-rows.ts";
export { OverridableParameter } from "./hook-points/parameters/overridable-parameter.ts";
export { OverrideList, type ParameterOverride } from "./hook-points/parameters/override-list.ts";
export { ParameterSlot } from "./hook-points/parameters/parameter-slot.ts";
export { ConvolutionSite, type ConvolutionSiteOptions } from "./hook-points/sites/convolution-site.ts";
export { EmbeddingSite } from "./hook-points/sites/embedding-site.ts";
export { forwardTogether } from "./hook-points/sites/forward-together.ts";
export { LinearSite } from "./hook-points/sites/linear-site.ts";
export { type Part, sameKind, type WeightSlot } from "./hook-points/weight-slot.ts";
