// TensorFlow's C library through @tensorflow/tfjs-node or @tensorflow/tfjs-node-gpu.

import * as tf from "@tensorflow/tfjs-core";
import { EngineUnavailableError } from "../engine-unavailable-error.ts";
import { exportOf, importUnbundled, propertyOf } from "../import-unbundled.ts";
import type { StartOptions, StartOutcome } from "../start-options.ts";
import { withEnvironment } from "./environment.ts";
import { keepGradients } from "./keep-gradients.ts";
import { requireTensorflowProcessor } from "./lacks-avx.ts";

type TfjsNodeName = "tfjs-node" | "tfjs-node-gpu";

/**
 * Loads one of the two packages, which registers the backend "tensorflow". Throws EngineUnavailableError if it is absent,
 * has another version, or finds no GPU and the user did not name it; rethrows the loader's error if the package is broken.
 */
export async function startTfjsNode(name: TfjsNodeName, options: StartOptions): Promise<StartOutcome> {
  if (tf.findBackend("tensorflow") === null) await load(name, options);
  const backend: unknown = tf.findBackend("tensorflow");
  if (backend === null) throw new EngineUnavailableError("it registered no backend");
  const isOnGpu = propertyOf(backend, "isUsingGpuDevice") === true;
  const isGpuPackage = propertyOf(backend, "isGPUPackage") === true;
  if (name === "tfjs-node") {
    if (isOnGpu) throw loadedAlready("tfjs-node-gpu", name);
    return { backend: "tensorflow" };
  }
  if (!isGpuPackage) {
    await requireInstalled("@tensorflow/tfjs-node-gpu", options.tfjsNodeFolder);
    throw loadedAlready("tfjs-node", name);
  }
  if (isOnGpu) return { backend: "tensorflow" };
  const reason = "TensorFlow found no GPU (check nvidia-smi, and that LD_LIBRARY_PATH has CUDA's libraries)";
  if (!options.isPreferred) throw new EngineUnavailableError(reason);
  return { backend: "tensorflow", note: `${reason} and computes on the CPU.` };
}

async function load(name: TfjsNodeName, { tfjsNodeFolder, threads }: StartOptions): Promise<void> {
  const packageName = `@tensorflow/${name}`;
  const requireFromFolder = await requireFrom(packageName, tfjsNodeFolder);
  await requireTensorflowProcessor();
  await restoreRemovedUtilities();
  const variables = {
    TF_CPP_MIN_LOG_LEVEL: "2", // it reports every detail of the processor on stderr
    TF_FORCE_GPU_ALLOW_GROWTH: "true", // it takes all of the GPU's memory at once
    ...(threads === undefined ? {} : { TF_NUM_INTRAOP_THREADS: String(threads) }),
  };
  const module = await withEnvironment(variables, () =>
    keepGradients(async () =>
      requireFromFolder === undefined ? importUnbundled(packageName) : requireFromFolder(packageName),
    ),
  );
  const core = propertyOf(exportOf(module, "version"), "tfjs-core");
  if (core !== tf.version_core)
    throw new EngineUnavailableError(
      `it belongs to TensorFlow.js ${String(core)}, but this program uses ${tf.version_core}`,
      `npm install ${packageName}@${tf.version_core}`,
    );
}

type Require = (specifier: string) => unknown;

/** How to load the package from the folder that the user named; undefined to import it as usual. */
async function requireFrom(packageName: string, folder: string | undefined): Promise<Require | undefined> {
  if (folder === undefined) return undefined;
  const createRequire = exportOf(await importUnbundled("node:module"), "createRequire");
  const { resolve } = (await importUnbundled("node:path")) as typeof import("node:path");
  if (typeof createRequire !== "function") return undefined;
  const require = createRequire(resolve(folder, "package.json")) as NodeJS.Require;
  try {
    require.resolve(packageName);
    return require;
  } catch (cause) {
    const gpu = packageName.endsWith("-gpu") ? "--gpu " : "";
    throw new EngineUnavailableError(
      `"${folder}", set by LOWRANK_TFJS_NODE or the option tfjsNodeFolder, has no ${packageName}`,
      `scripts/setup-tfjs-node.sh ${gpu}${folder}`,
      cause,
    );
  }
}

/** Throws, as loading would, if a package is not installed, but loads nothing. */
async function requireInstalled(packageName: string, folder: string | undefined): Promise<void> {
  if ((await requireFrom(packageName, folder)) !== undefined) return;
  try {
    await importUnbundled(`${packageName}/package.json`);
  } catch (cause) {
    // Importing an existing JSON file fails as well, because it is not a program, but with another code.
    if (propertyOf(cause, "code") === "ERR_MODULE_NOT_FOUND") throw cause;
  }
}

/** Two copies of TensorFlow's library in one process disturb each other. */
function loadedAlready(loaded: TfjsNodeName, requested: TfjsNodeName): EngineUnavailableError {
  return new EngineUnavailableError(
    `this process has already loaded ${loaded}, and it can have only one TensorFlow; start a new one with LOWRANK_ENGINE=${requested}`,
  );
}

/** Node 23 removed functions that tfjs-node 4.22 still calls (tfjs issue 8609). */
async function restoreRemovedUtilities(): Promise<void> {
  const util = exportOf(await importUnbundled("node:util"), "default");
  if (typeof util !== "object" || util === null) return;
  const removed = {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  };
  for (const [name, replacement] of Object.entries(removed)) {
    if (propertyOf(util, name) === undefined) Object.assign(util, { [name]: replacement });
  }
}
