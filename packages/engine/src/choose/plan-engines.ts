// Which engines to try, in which order, and with which settings: decided before anything is loaded.

import type { OptionNames } from "@lowrank/contracts";
import { type EngineName, engineNames } from "../engines/facts.ts";
import { isNode } from "../engines/import-unseen.ts";
import type { StartOptions } from "../engines/start-options.ts";
import { type EngineOrder, findEngineName, parseEngineName, usualOrder } from "./engine-name.ts";
import { threadCount } from "./thread-count.ts";

/** Names of environment variables and their values. */
type Environment = Readonly<Record<string, string | undefined>>;

/** What may be asked of `chooseEngine`. */
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
  /**
   * Where LOWRANK_ENGINE, LOWRANK_THREADS, LOWRANK_TFJS_NODE and LOWRANK_ONNX_RUNTIME are looked up. Default: the
   * process's environment.
   */
  readonly environment?: Environment;
  /** Folder or URL (with a final slash) of the wasm backend's .wasm files; default: in the bundle, else next to the page. */
  readonly wasmPath?: string;
  /** Folder of an npm project that holds tfjs-node. Default: LOWRANK_TFJS_NODE, else where any import finds it. */
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

/** What `chooseEngine` is going to do. */
export interface EnginePlan {
  readonly order: EngineOrder;
  /** The engine that the user asked for by name. */
  readonly askedFor: EngineName | undefined;
  readonly settings: Omit<StartOptions, "isAskedFor">;
  /** Sentences about settings that could not be used. */
  readonly notes: readonly string[];
}

/** Throws UnknownEngineError for a wrong name in the options, ArgumentError for a wrong number of threads. */
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
  if (name !== undefined) return { order: [[name]], askedFor: name, settings, notes };
  const names = engineNames.join(", ");
  const unknown = `LOWRANK_ENGINE is "${forced}", and there is no such engine; the best that starts is used instead. Set it to one of: ${names}.`;
  return { ...orderOf(options), settings, notes: [unknown, ...notes] };
}

function orderOf(options: ChooseEngineOptions): Pick<EnginePlan, "order" | "askedFor"> {
  const rows = options.order?.map((name) => [parseEngineName(name, "the option order")]);
  const order = rows ?? usualOrder(isNode() ? "node" : "browser");
  // A single engine in the order was asked for, whatever the preference.
  const only = options.order?.length === 1 ? order[0]?.[0] : undefined;
  if (options.prefer === undefined) return { order, askedFor: only };
  const prefer = parseEngineName(options.prefer, "the option prefer");
  const others = order.map((row) => row.filter((name) => name !== prefer)).filter((row) => row.length > 0);
  return { order: [[prefer], ...others], askedFor: prefer };
}
