export { type Difference, expectClose, largestDifference, largestMagnitude } from "./close.ts";
export { type Fixture, type FixtureTensor, fixturesRoot, readFixture, readTensors } from "./fixtures.ts";
export { expectGradients, type GradientCheckOptions } from "./gradients.ts";
export { expectNoLeak } from "./leaks.ts";
