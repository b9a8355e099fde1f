// Facts about engines without TensorFlow.js: for programs that name engines before they compute.

export type { EngineFacts } from "../engines/engine-facts.ts";
export { type EngineName, engineFacts, engineNames } from "../engines/facts.ts";
