// Sites and parameters with hook points: each call selects the adapters that act. Models are built from them.

export { AdaptationSlots } from "./hook-points/adaptation-slots.ts";
export { OverridableParameter } from "./hook-points/parameters/overridable-parameter.ts";
export { ParameterSlot } from "./hook-points/parameters/parameter-slot.ts";
export { ConvolutionSite } from "./hook-points/sites/convolution-site.ts";
export { EmbeddingSite } from "./hook-points/sites/embedding-site.ts";
export { LinearSite } from "./hook-points/sites/linear-site.ts";
export type { Part, WeightSlot } from "./hook-points/weight-slot.ts";
