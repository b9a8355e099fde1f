// The parts of this package that also run in a browser: everything except fixtures, which are files.

export { type Difference, expectClose, largestDifference, largestMagnitude } from "./close.ts";
export { expectGradients, type GradientCheckOptions } from "./gradients.ts";
export { HandMadeModel, type HandMadeModelOptions } from "./hand-made-model.ts";
export { HandMadeParameter } from "./hand-made-parameter.ts";
export { HandMadeSite, type HandMadeSiteOptions } from "./hand-made-site.ts";
export { expectNoLeak } from "./leaks.ts";
