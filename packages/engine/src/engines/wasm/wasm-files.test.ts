import { afterEach, expect, it, vi } from "vitest";
import "@tensorflow/tfjs-backend-wasm"; // its flags say which file is needed
import { EngineUnavailableError } from "../engine-unavailable-error.ts";
import { findWasmFiles } from "./wasm-files.ts";

/** A page at /app/ whose server has WebAssembly at the addresses that fit, and answers all others with a page. */
function openPage(hasFile: RegExp): string[] {
  const urls: string[] = [];
  vi.stubGlobal("location", new URL("http://localhost/app/"));
  vi.stubGlobal("fetch", async (address: string) => {
    urls.push(address);
    if (hasFile.test(address)) return new Response("\0asm…");
    return new Response("<!doctype html>", { headers: { "Content-Type": "text/html" } });
  });
  return urls;
}

afterEach(() => vi.unstubAllGlobals());

it("finds the files that a bundler took along, without a word from the program", async () => {
  openPage(/^file:.*tfjs-backend-wasm-simd\.wasm$/);
  const files = await findWasmFiles(undefined, true);
  expect(files["tfjs-backend-wasm.wasm"]).toMatch(/^file:.*\/tfjs-backend-wasm\.wasm$/);
});

it("looks next to the page next, and only there for another version of the backend", async () => {
  const urls = openPage(/^http:\/\/localhost\/app\/tfjs-backend-wasm-simd\.wasm$/);
  expect((await findWasmFiles(undefined, true))["tfjs-backend-wasm-simd.wasm"]).toBe(urls[1]);
  await findWasmFiles(undefined, false);
  expect(urls).toHaveLength(3);
});

it("looks only in the folder that is named", async () => {
  const urls = openPage(/\/wasm\//);
  await findWasmFiles("/wasm/", true);
  expect(urls).toEqual(["http://localhost/wasm/tfjs-backend-wasm-simd.wasm"]);
});

it("reports the addresses, the server's response and the option to pass", async () => {
  openPage(/nowhere/);
  const finding = findWasmFiles(undefined, true);
  await expect(finding).rejects.toThrow(EngineUnavailableError);
  await expect(finding).rejects.toThrow(
    /at file:\S+ \(the server answered with text\/html\) or http:\/\/localhost\/app\/tfjs-backend-wasm-simd\.wasm \(.*wasmPath/,
  );
});
