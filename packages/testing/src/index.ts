// The testing package: comparisons with tolerances, fixtures, and models made by hand, for the tests of all packages.
export { type Difference, expectClose, largestDifference, largestMagnitude } from "./close.ts";
export { type Fixture, type FixtureTensor, fixturesRoot, readFixture, readTensors } from "./fixtures.ts";
export { expectGradients, type GradientCheckOptions } from "./gradients.ts";
export { HandMadeModel, type HandMadeModelOptions } from "./hand-made-model.ts";
export { HandMadeParameter } from "./hand-made-parameter.ts";
export { HandMadeSite, type HandMadeSiteOptions } from "./hand-made-site.ts";
export { expectNoLeak } from "./leaks.ts";
