// Where peers and large engines live: fetched once into a cache folder outside the repository.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder as cache } from "@lowrank/testing/cache-folder";
import { bundle } from "./bundle.ts";

const scripts = join(import.meta.dirname, "../../../../scripts/python");
const setUp = join(import.meta.dirname, "../../../../scripts/setup-tfjs-node.sh");

const nanogptPackages = [
  "@genai-fi/nanogpt@1.3.0",
  "@tensorflow/tfjs-core@4.22.0",
  "@tensorflow/tfjs-backend-wasm@4.22.0",
];

/** Whether PEFT's Python environment is there already. */
export function hasPython(): boolean {
  return existsSync(join(cache, "peft-venv", "complete"));
}

/** Whether it has the trainers of whole jobs as well. */
export function hasTrainers(): boolean {
  return existsSync(join(cache, "peft-venv", "trainers-complete"));
}

/** The Python that has torch, transformers and PEFT; makes the environment if it is not there. */
export function preparedPython(): string {
  prepare("prepare_environment(cache)");
  return join(cache, "peft-venv", "bin", "python");
}

/** A Python with TRL, which the tests against PEFT do not need. */
export function preparedTrainers(): string {
  prepare('prepare_more(cache, "trainers")');
  return join(cache, "peft-venv", "bin", "python");
}

/** A Python with the packages that `transformers serve` needs. */
export function preparedServers(): string {
  prepare('prepare_more(cache, "servers")');
  return join(cache, "peft-venv", "bin", "python");
}

/** A Hugging Face folder of real weights in float32, which both sides of a job read. */
export async function preparedModel(name: "minilm" | "smollm2"): Promise<string> {
  if (name === "minilm") return preparedWeights(name);
  const gguf = preparedGguf();
  const written = join(cache, `${name}-folder`);
  if (!existsSync(written)) execFileSync(process.execPath, [await bundle("ours/write-model-folder"), gguf, written]);
  return written;
}

/** SmolLM2's file, in blocks of 4 bits. */
export function preparedGguf(): string {
  const folder = preparedWeights("smollm2");
  const file = readdirSync(folder).find((name) => name.endsWith(".gguf"));
  if (file === undefined)
    throw new Error(`${folder} holds no .gguf file; remove the folder, so that it is fetched again.`);
  return join(folder, file);
}

function preparedWeights(name: "minilm" | "smollm2"): string {
  prepare(`prepare_environment(cache); prepare.prepare_weights(cache, "${name}", *prepare.WEIGHTS["${name}"])`);
  return join(cache, name);
}

function prepare(call: string): void {
  const program = `import sys, pathlib; sys.path.insert(0, ${JSON.stringify(scripts)}); import prepare
cache = pathlib.Path(${JSON.stringify(cache)}); cache.mkdir(parents=True, exist_ok=True); prepare.${call}`;
  execFileSync("python3", ["-c", program], { stdio: ["ignore", "inherit", "inherit"] });
}

/** Where scripts/setup-tfjs-node.sh puts tfjs-node or tfjs-node-gpu, unless somebody named another place; it runs if need be. */
export function preparedTfjsNode(engine: string): Readonly<Record<string, string>> {
  if (process.env.LOWRANK_TFJS_NODE !== undefined) return {};
  const folder = join(cache, engine);
  if (!existsSync(folder))
    execFileSync("bash", [setUp, ...(engine.endsWith("-gpu") ? ["--gpu"] : []), folder], {
      stdio: ["ignore", "inherit", "inherit"],
    });
  return { LOWRANK_TFJS_NODE: folder };
}

/** A folder with nanogpt installed; its install scripts do not run. */
export function preparedNanogpt(): string {
  const folder = join(cache, "nanogpt");
  const stamp = join(folder, "complete");
  if (existsSync(stamp)) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true, "name": "nanogpt-peer" }\n');
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", ...nanogptPackages];
  execFileSync("npm", args, { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
  writeFileSync(stamp, nanogptPackages.join("\n"));
  return folder;
}
