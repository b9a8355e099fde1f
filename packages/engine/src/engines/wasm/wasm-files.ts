// Finds the files of the wasm backend in a page. Bundlers include them because of the addresses in this form. The build of this
// package copies the files next to its own and names them there (tsup.config.ts).

import * as tf from "@tensorflow/tfjs-core";
import { EngineUnavailableError } from "../engine-unavailable-error.ts";

/** The address of each .wasm file, as `setWasmPaths` takes it. */
type WasmFiles = Record<string, string>;

const names = [
  "tfjs-backend-wasm.wasm",
  "tfjs-backend-wasm-simd.wasm",
  "tfjs-backend-wasm-threaded-simd.wasm",
] as const;

/** From this script threads start in a minified page. */
const threadScript = "tfjs-backend-wasm-threaded-simd.js";

/**
 * The files in the folder `wasmPath`, else in the bundle (only for version 4.22.0 of the backend), else next to the page.
 *
 * @throws EngineUnavailableError, with each address and its response, if none has WebAssembly. The backend itself is not
 * started, because after a failure it accepts no other address.
 */
export async function findWasmFiles(wasmPath: string | undefined, isKnownVersion: boolean): Promise<WasmFiles> {
  const candidates =
    wasmPath !== undefined ? [inFolder(wasmPath)] : [isKnownVersion ? inBundle() : undefined, inFolder("")];
  const answers: string[] = [];
  for (const candidate of candidates) {
    const address = candidate?.[await neededFile()];
    if (candidate === undefined || address === undefined || answers.some((answer) => answer.startsWith(address)))
      continue;
    const fault = await faultAt(address);
    if (fault === undefined) return candidate;
    answers.push(`${address} (${fault})`);
  }
  throw new EngineUnavailableError(
    `its .wasm files could not be loaded: no WebAssembly at ${answers.join(" or ")}; serve the three ` +
      "files of @tensorflow/tfjs-backend-wasm/dist, and give their folder with a final slash: openModel(…, { engine: " +
      '{ wasmPath: "/wasm/" } }) or chooseEngine({ wasmPath: "/wasm/" })',
  );
}

/** The script with which threads start in a minified page; undefined in a build without addresses. */
export function threadScriptAddress(wasmPath: string | undefined): string | undefined {
  return wasmPath === undefined ? inBundle()?.[threadScript] : address(wasmPath, threadScript);
}

function inFolder(folder: string): WasmFiles {
  return Object.fromEntries(names.map((name) => [name, address(folder, name)]));
}

function address(folder: string, name: string): string {
  return new URL(folder + name, globalThis.location.href).href;
}

/** Bundlers look for exactly this: `new URL("a literal", import.meta.url)`. */
function inBundle(): WasmFiles | undefined {
  try {
    return {
      "tfjs-backend-wasm.wasm": new URL("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm", import.meta.url)
        .href,
      "tfjs-backend-wasm-simd.wasm": new URL(
        "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
        import.meta.url,
      ).href,
      "tfjs-backend-wasm-threaded-simd.wasm": new URL(
        "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm",
        import.meta.url,
      ).href,
      [threadScript]: new URL(
        "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.js",
        import.meta.url,
      ).href,
    };
  } catch {
    return undefined; // CommonJS has no import.meta.url
  }
}

/** The file that the backend is going to load here. */
async function neededFile(): Promise<string> {
  if (!(await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT"))) return names[0];
  return (await tf.env().getAsync("WASM_HAS_MULTITHREAD_SUPPORT")) ? names[2] : names[1];
}

/** Why an address has no WebAssembly; undefined if it has. Only its first bytes are read. */
async function faultAt(address: string): Promise<string | undefined> {
  try {
    const response = await fetch(address);
    const reader = response.body?.getReader();
    const start = (await reader?.read())?.value ?? [];
    await reader?.cancel();
    if (!response.ok) return `the server answered ${response.status}`;
    if (String.fromCharCode(...start.slice(0, 4)) === "\0asm") return undefined;
    return `the server answered with ${response.headers.get("Content-Type") ?? "something else"}`;
  } catch (cause) {
    return String(cause);
  }
}
