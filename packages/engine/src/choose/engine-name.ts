// The engines by name, fastest first.

import { UnknownEngineError } from "../errors.ts";

/** Every engine, in the order in which `chooseEngine` tries them. */
export const engineNames = ["tfjs-node-gpu", "tfjs-node", "webgpu", "wasm", "cpu"] as const;

/** A way to run TensorFlow.js: three npm packages for Node or the browser, two for Node alone. */
export type EngineName = (typeof engineNames)[number];

/** The name as a type; `askedBy` says in the error where it came from. Throws UnknownEngineError. */
export function parseEngineName(name: string, askedBy: string): EngineName {
  const found = engineNames.find((known) => known === name);
  if (found === undefined) throw new UnknownEngineError(name, engineNames, askedBy);
  return found;
}
