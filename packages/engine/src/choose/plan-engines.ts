// Which engines to try, in which order, and with which settings: decided before anything is loaded.

import type { OptionNames } from "@lowrank/contracts/internal";
import { type EngineName, engineFacts, engineNames } from "../engines/facts.ts";
import { isNode } from "../engines/import-unbundled.ts";
import type { StartOptions } from "../engines/start-options.ts";
import { unknownEngineError } from "../errors.ts";
import { threadCount } from "./thread-count.ts";

/** Names of environment variables and their values. */
type Environment = Readonly<Record<string, string | undefined>>;

/** The options of `chooseEngine`. */
export interface ChooseEngineOptions {
  /** Tried first. */
  readonly prefer?: EngineName;
  /** Engines to try, in order. Default: all that make sense here, best first. */
  readonly order?: readonly EngineName[];
  /**
   * How many threads the engine uses, from 1 to 1024. Default: LOWRANK_THREADS, else one for each processor that Node
   * may use. In a browser the engine decides.
   */
  readonly threads?: number;
  /** The source of LOWRANK_ENGINE, LOWRANK_THREADS, LOWRANK_TFJS_NODE and LOWRANK_ONNX_RUNTIME. Default: the process's environment. */
  readonly environment?: Environment;
  /** Folder or URL (with a final slash) of the wasm backend's .wasm files; default: in the bundle, else next to the page. */
  readonly wasmPath?: string;
  /** Folder of an npm project with tfjs-node. Default: LOWRANK_TFJS_NODE, else the usual resolution of imports. */
  readonly tfjsNodeFolder?: string;
}

export const chooseEngineNames: OptionNames<ChooseEngineOptions> = {
  prefer: true,
  order: true,
  threads: true,
  environment: true,
  wasmPath: true,
  tfjsNodeFolder: true,
};

/** The plan of `chooseEngine`. */
export interface EnginePlan {
  readonly order: EngineOrder;
  /** The engine that the user named. */
  readonly preferred: EngineName | undefined;
  readonly settings: Omit<StartOptions, "isPreferred">;
  /** Sentences about settings that could not be used. */
  readonly notes: readonly string[];
}

/** Throws UNKNOWN_ENGINE for a wrong name in the options, ArgumentError for a wrong number of threads. */
export async function planEngines(options: ChooseEngineOptions): Promise<EnginePlan> {
  const environment = options.environment ?? (typeof process === "undefined" ? {} : process.env);
  const { threads, note } = await threadCount(options.threads, environment);
  const tfjsNodeFolder = options.tfjsNodeFolder ?? environment.LOWRANK_TFJS_NODE;
  const { LOWRANK_ONNX_RUNTIME: onnxRuntimeFile } = environment;
  const { wasmPath } = options;
  const settings = {
    ...(threads === undefined ? {} : { threads }),
    ...(wasmPath === undefined ? {} : { wasmPath }),
    ...(tfjsNodeFolder ? { tfjsNodeFolder } : {}),
    ...(onnxRuntimeFile ? { onnxRuntimeFile } : {}),
  };
  const notes = note === undefined ? [] : [note];
  const forced = environment.LOWRANK_ENGINE;
  if (!forced) return { ...orderOf(options), settings, notes };
  const name = findEngineName(forced);
  if (name !== undefined) return { order: [[name]], preferred: name, settings, notes };
  const names = engineNames.join(", ");
  const unknown = `LOWRANK_ENGINE is "${forced}", which is not an engine. The best available engine is used. Set it to one of: ${names}.`;
  return { ...orderOf(options), settings, notes: [unknown, ...notes] };
}

function orderOf(options: ChooseEngineOptions): Pick<EnginePlan, "order" | "preferred"> {
  const rows = options.order?.map((name) => [parseEngineName(name, "the option order")]);
  const order = rows ?? defaultOrder(isNode() ? "node" : "browser");
  // The only engine in an order counts as preferred, whatever `prefer` is.
  const only = options.order?.length === 1 ? order[0]?.[0] : undefined;
  if (options.prefer === undefined) return { order, preferred: only };
  const prefer = parseEngineName(options.prefer, "the option prefer");
  const others = order.map((row) => row.filter((name) => name !== prefer)).filter((row) => row.length > 0);
  return { order: [[prefer], ...others], preferred: prefer };
}

/** Engines to try, best first. The fastest of a row is found with a small product, because they can do the same. */
type EngineOrder = readonly (readonly EngineName[])[];

/** The engines to try if the user named none. */
export function defaultOrder(platform: "node" | "browser"): EngineOrder {
  const order: EngineName[][] = [];
  for (const name of engineNames) {
    const { triedIn, equalsPrevious } = engineFacts[name];
    if (!triedIn.includes(platform)) continue;
    const row = equalsPrevious ? order.at(-1) : undefined;
    if (row === undefined) order.push([name]);
    else row.push(name);
  }
  return order;
}

/** The name as a type; the error names `origin`, which set it. Throws UNKNOWN_ENGINE. */
export function parseEngineName(name: string, origin: string): EngineName {
  const engineName = findEngineName(name);
  if (engineName === undefined) throw unknownEngineError(name, engineNames, origin);
  return engineName;
}

/** The name as a type, or undefined if there is no such engine. */
function findEngineName(name: string): EngineName | undefined {
  return engineNames.find((engineName) => engineName === name);
}
