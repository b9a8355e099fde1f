import { describe, expect, it } from "vitest";
import { EngineUnavailableError } from "../engines/engine-unavailable-error.ts";
import { engineFacts, engineNames } from "../engines/facts.ts";
import { explainFailure, sentenceOf } from "./explain-failure.ts";

function failed(code: string): Error {
  return Object.assign(new Error("Cannot find package 'x' imported from /a/b\nand so on"), { code });
}

describe("explainFailure", () => {
  it.each(engineNames)("names the command that installs %s", (name) => {
    const { reason, command } = explainFailure(name, failed("ERR_MODULE_NOT_FOUND"));
    expect(reason).toMatch(/^its (package is|two packages are) not installed/);
    expect(command).toBe(engineFacts[name].install);
  });

  it("recognizes a missing package by Vite's replacement", () => {
    const stub = new Error('Could not resolve "@tensorflow/tfjs-backend-webgpu" imported by "@lowrank/engine".');
    expect(explainFailure("webgpu", stub)).toEqual({
      reason: "its package is not installed",
      command: "npm install @tensorflow/tfjs-backend-webgpu@4.22.0",
    });
  });

  it("tells native's own packages from the backend that it is built on", () => {
    const message = "Cannot find package '@tensorflow/tfjs-backend-cpu' imported from /a/start-native.js";
    const error = Object.assign(new Error(message), { code: "ERR_MODULE_NOT_FOUND" });
    expect(explainFailure("native", error).command).toBe("npm install @tensorflow/tfjs-backend-cpu@4.22.0");
  });

  it.each([
    {
      output: "The Node.js native addon module (tfjs_binding.node) can not be found at path: /x",
      reason: /native part/,
    },
    { output: "/x/tfjs_binding.node: invalid ELF header", reason: /another system or processor/ },
    { output: "dlopen(x): mach-o file, but is an incompatible architecture", reason: /another system or processor/ },
    { output: "Error relocating /x/libtensorflow.so: fcntl64: symbol not found", reason: /musl/ },
    { output: "/lib/libc.so.6: version `GLIBC_2.27' not found (required by x)", reason: /newer system/ },
    {
      output: "x.node: undefined symbol: TFE_NewContext",
      reason: /the installed TensorFlow library is not the version that/,
    },
    {
      output: "libcudart.so.12: cannot open shared object file: No such file",
      reason: /libcudart\.so\.12.* is missing/,
    },
    {
      output: "OOM when allocating tensor with shape[4096,4096]",
      reason: /the GPU has too little free memory; stop other programs/,
    },
    {
      output: "CUDA_ERROR_OUT_OF_MEMORY: out of memory",
      reason: /the GPU has too little free memory; stop other programs/,
    },
    { output: "something new\nwith a second line", reason: /^something new$/ },
  ])("explains '$output'", ({ output, reason }) => {
    expect(explainFailure("tfjs-node-gpu", new Error(output)).reason).toMatch(reason);
  });

  it("names what a page's policy must allow for a wasm backend that does not start", () => {
    const { reason } = explainFailure("wasm", new Error('the backend "wasm" could not be initialized'));
    expect(reason).toMatch(/did not start.*Content-Security-Policy.*'wasm-unsafe-eval'/);
    expect(explainFailure("webgl", new Error('the backend "webgl" could not be initialized')).reason).toBe(
      'the backend "webgl" could not be initialized',
    );
  });

  it("keeps an engine's own reason", () => {
    const failure = explainFailure("webgpu", new EngineUnavailableError("no library", "npm install it"));
    expect(sentenceOf(failure)).toBe("no library (npm install it)");
  });
});
