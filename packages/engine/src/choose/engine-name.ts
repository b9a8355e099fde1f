// The engines by name, and the order in which they are tried.

import { UnknownEngineError } from "../errors.ts";

/** Every engine. */
export const engineNames = ["tfjs-node-gpu", "native", "tfjs-node", "webgpu", "wasm", "webgl", "cpu"] as const;

/** A way to run TensorFlow.js: libraries for Node, graphics interfaces for browsers, and two that run everywhere. */
export type EngineName = (typeof engineNames)[number];

/** Engines to try, best first. Those in one row do the same work equally well: a small product decides between them. */
export type EngineOrder = readonly (readonly EngineName[])[];

/** Node: CUDA if there is a graphics card, then the native libraries, then what needs nothing but JavaScript. */
export const nodeOrder: EngineOrder = [["tfjs-node-gpu"], ["native", "tfjs-node"], ["wasm"], ["cpu"]];

/** Browsers: WebGL comes after wasm because it makes every number a texture's, and reading one waits for the card. */
export const browserOrder: EngineOrder = [["webgpu"], ["wasm"], ["webgl"], ["cpu"]];

/** The name as a type; `askedBy` says in the error where it came from. Throws UnknownEngineError. */
export function parseEngineName(name: string, askedBy: string): EngineName {
  const found = findEngineName(name);
  if (found === undefined) throw new UnknownEngineError(name, engineNames, askedBy);
  return found;
}

/** The name as a type, or undefined if there is no such engine. */
export function findEngineName(name: string): EngineName | undefined {
  return engineNames.find((known) => known === name);
}
