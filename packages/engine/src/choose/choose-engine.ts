// Picks the fastest engine that really starts here, and remembers why the faster ones did not.

import * as tf from "@tensorflow/tfjs-core";
import { NoEngineError } from "../errors.ts";
import { registerGradients } from "../gradients/register-gradients.ts";
import { type EngineName, engineNames, parseEngineName } from "./engine-name.ts";
import { keepProcessListeners } from "./keep-process-listeners.ts";
import { type StartOptions, starters } from "./start.ts";
import type { StartOutcome } from "./start-outcome.ts";

/** What may be asked of `chooseEngine`. */
export interface ChooseEngineOptions {
  /** Tried first. */
  readonly prefer?: EngineName;
  /** Engines to try, in order. Default: all, fastest first. */
  readonly order?: readonly EngineName[];
  /** Where LOWRANK_ENGINE is looked up: the only engine to try. Default: the process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Folder or URL (with a final slash) of the wasm backend's .wasm files; default: beside the backend's own file. */
  readonly wasmPath?: string;
}

/** An engine that was not chosen. */
export interface PassedOver {
  readonly name: EngineName;
  readonly reason: string;
}

/** The engine that runs from now on. */
export interface EngineChoice {
  readonly name: EngineName;
  /** The name of its TensorFlow.js backend. */
  readonly backend: string;
  readonly passedOver: readonly PassedOver[];
  /** Something a user should know about it. */
  readonly note?: string;
}

/**
 * Starts the first engine that works and makes it TensorFlow.js's backend; also registers gradients and mends kernels.
 *
 * Throws UnknownEngineError for a LOWRANK_ENGINE that does not exist, NoEngineError if none works.
 *
 * @example
 * ```ts
 * import { chooseEngine } from "@lowrank/engine";
 *
 * const { name, passedOver } = await chooseEngine({ order: ["wasm", "cpu"] });
 * console.assert(name === "wasm" || passedOver[0]?.name === "wasm");
 * ```
 */
export async function chooseEngine(options: ChooseEngineOptions = {}): Promise<EngineChoice> {
  registerGradients();
  const { candidates, askedFor } = planEngines(options);
  const passedOver: PassedOver[] = [];
  for (const name of candidates) {
    const startOptions = { isAskedFor: name === askedFor, ...pathOption(options) };
    try {
      return { name, passedOver, ...(await start(name, startOptions)) };
    } catch (cause) {
      passedOver.push({ name, reason: reasonOf(name, cause) });
    }
  }
  throw new NoEngineError(passedOver);
}

/** Which engines to try, in order, and which of them the user asked for by name. Throws UnknownEngineError. */
export function planEngines(options: ChooseEngineOptions): {
  readonly candidates: readonly EngineName[];
  readonly askedFor: EngineName | undefined;
} {
  const environment = options.environment ?? (typeof process === "undefined" ? {} : process.env);
  const forced = environment.LOWRANK_ENGINE;
  if (forced) {
    const name = parseEngineName(forced, "the environment variable LOWRANK_ENGINE");
    return { candidates: [name], askedFor: name };
  }
  const order = (options.order ?? engineNames).map((name) => parseEngineName(name, "the option order"));
  if (options.prefer === undefined) return { candidates: order, askedFor: undefined };
  const prefer = parseEngineName(options.prefer, "the option prefer");
  return { candidates: [prefer, ...order.filter((name) => name !== prefer)], askedFor: prefer };
}

async function start(name: EngineName, options: StartOptions): Promise<StartOutcome> {
  const run = async () => {
    const started = await starters[name](options);
    if (!(await tf.setBackend(started.backend)))
      throw new Error(`the backend "${started.backend}" could not be initialised`);
    await tf.ready();
    await multiplySmallMatrices();
    return started;
  };
  return quietly(() => keepProcessListeners(run));
}

/** tfjs greets and warns on the console when a backend first runs; it keeps quiet while its own flag says "test". */
async function quietly<T>(run: () => Promise<T>): Promise<T> {
  const before = tf.env().getBool("IS_TEST");
  tf.env().set("IS_TEST", true);
  try {
    return await run();
  } finally {
    tf.env().set("IS_TEST", before);
  }
}

/** An engine counts as started once it has computed something right. */
async function multiplySmallMatrices(): Promise<void> {
  const product = tf.tidy(() => tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])));
  try {
    const [value] = await product.data();
    if (value !== 11) throw new Error(`it computed 1·3 + 2·4 = ${value}`);
  } finally {
    product.dispose();
  }
}

function pathOption({ wasmPath }: ChooseEngineOptions): { readonly wasmPath?: string } {
  return wasmPath === undefined ? {} : { wasmPath };
}

const packages: Readonly<Record<EngineName, string>> = {
  "tfjs-node-gpu": "@tensorflow/tfjs-node-gpu",
  "tfjs-node": "@tensorflow/tfjs-node",
  webgpu: "@tensorflow/tfjs-backend-webgpu",
  wasm: "@tensorflow/tfjs-backend-wasm",
  cpu: "@tensorflow/tfjs-backend-cpu",
};

/** One line that says why: Node's messages about missing packages name the whole import chain. */
function reasonOf(name: EngineName, cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND")
    return `its package is not installed (npm install ${packages[name]})`;
  return message.split("\n")[0] ?? message;
}
