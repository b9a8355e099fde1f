// Names that only our own packages import. They may change in any release.

export { computeByRows } from "./adapter-rows.ts";
export { modelDisposedError, rowCountError } from "./errors.ts";
export type { NewRows } from "./new-rows.ts";
export { OverrideList, type ParameterOverride } from "./parameters/override-list.ts";
export type { ConvolutionSiteOptions } from "./sites/convolution-site.ts";
export { forwardTogether } from "./sites/forward-together.ts";
export { sameKind } from "./weight-slot.ts";
