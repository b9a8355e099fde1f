// On which engines a test runs: those named here, or those that LOWRANK_TEST_ENGINES names instead ("tfjs-node", or
// several with commas between), which is how one suite holds for every engine, in Node and in a page.

/// <reference types="vite/types/importMeta.d.ts" />

import { chooseEngine } from "../src/choose/choose-engine.ts";
import { parseEngineName } from "../src/choose/plan-engines.ts";
import type { EngineName } from "../src/engines/facts.ts";
import { findLibrary, nodeSurroundings } from "../src/engines/native/library/find-library.ts";

/** Settings by name: the process's, or in a page those that vitest.browser.config.ts gives. */
const environment: Readonly<Record<string, string | undefined>> =
  typeof process === "undefined" ? import.meta.env : process.env;

/** Whether the tests run in a browser. */
export const isPage: boolean = typeof document !== "undefined";

/** Where the page's server has the .wasm files; Node finds them itself. */
export const wasmPath = "/node_modules/@tensorflow/tfjs-backend-wasm/dist/";

/** Why the native engine cannot run here: its library is not made for every platform. */
const withoutNative = await nodeSurroundings()
  .then((surroundings) => findLibrary(surroundings))
  .then(() => undefined)
  .catch((error: unknown) => String(error));

/**
 * The engines of one test, by default `defaults`. native is left out, and the reason printed, on machines without a
 * library for it. Throws UNKNOWN_ENGINE for a wrong LOWRANK_TEST_ENGINES.
 */
export function testEngines(...defaults: readonly EngineName[]): readonly EngineName[] {
  const named = environment.LOWRANK_TEST_ENGINES;
  if (!named) return defaults.filter((name) => name !== "native" || nativeIsHere());
  return named.split(",").map((name) => parseEngineName(name.trim(), "LOWRANK_TEST_ENGINES"));
}

function nativeIsHere(): boolean {
  if (withoutNative !== undefined) process.stderr.write(`skipped on the native engine: ${withoutNative}\n`);
  return withoutNative === undefined;
}

/** Whether tests of tfjs-node alone run; prints why not otherwise. */
export function isTfjsNodeTested(): boolean {
  const isTested = testEngines("cpu").includes("tfjs-node");
  if (!isTested) process.stderr.write("skipped without tfjs-node: npm run test:tfjs-node has it\n");
  return isTested;
}

/** Starts an engine and computes with it from now on. Throws NO_ENGINE: a test never goes on with another one. */
export async function useEngine(name: EngineName): Promise<void> {
  const { LOWRANK_TFJS_NODE, LOWRANK_THREADS } = environment;
  const options = { order: [name], environment: { LOWRANK_TFJS_NODE, LOWRANK_THREADS } };
  await chooseEngine(isPage ? { ...options, wasmPath } : options);
}

/** For tests that run on one engine: plain JavaScript, or the first of LOWRANK_TEST_ENGINES. */
export async function useTestEngine(): Promise<void> {
  const [name = "cpu"] = testEngines("cpu");
  await useEngine(name);
}

/** Whether shaders compute. */
export function isGraphics(engine: EngineName): boolean {
  return engine === "webgl" || engine === "webgpu";
}

/** How many examples of a property are drawn: few on a GPU, because a shader is compiled for every new shape. */
export function drawsOn(engine: EngineName, count: number): number {
  return isGraphics(engine) ? 2 : count;
}
